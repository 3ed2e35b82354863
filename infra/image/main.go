package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var binary, out string
	var c Contents
	flag.StringVar(&binary, "binary", "", "the static binary")
	flag.StringVar(&out, "out", "streamrec.tar", "file to write")
	flag.StringVar(&c.Architecture, "arch", "amd64", "architecture that the binary is for")
	flag.StringVar(&c.Tag, "tag", "streamrec:latest", "name of the image")
	flag.StringVar(&c.Revision, "revision", "", "commit that it was built from")
	flag.Parse()
	digest, err := run(binary, out, c)
	if err != nil {
		fmt.Fprintf(os.Stderr, "image: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

// run packs the binary and returns the digest of the image.
func run(binary, out string, c Contents) (digest string, err error) {
	if c.Binary, err = os.ReadFile(binary); err != nil {
		return "", fmt.Errorf("read binary: %w", err)
	}
	file, err := os.Create(out)
	if err != nil {
		return "", fmt.Errorf("create image: %w", err)
	}
	digest, err = c.Write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return digest, err
}
