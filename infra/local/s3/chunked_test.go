package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// chunk encodes data in chunks of at most size bytes.
func chunk(data []byte, size int, signature string, trailer ...string) []byte {
	var b bytes.Buffer
	for len(data) > 0 {
		n := min(size, len(data))
		fmt.Fprintf(&b, "%x%s\r\n%s\r\n", n, signature, data[:n])
		data = data[n:]
	}
	fmt.Fprintf(&b, "0%s\r\n", signature)
	for _, line := range trailer {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

func TestChunkReader(t *testing.T) {
	const signature = ";chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		for name, source := range map[string]io.Reader{
			"unsigned": bytes.NewReader(chunk(data, size, "", "x-amz-checksum-crc32: AAAAAA==")),
			"signed":   bytes.NewReader(chunk(data, size, signature, "X-Amz-Checksum-Crc32:AAAAAA==", "x-amz-trailer-signature:1")),
			"dripping": iotest.HalfReader(bytes.NewReader(chunk(data, size, "", "x-amz-checksum-crc32:AAAAAA=="))),
		} {
			decoder := newChunkReader(source)
			got, err := io.ReadAll(decoder)
			if err != nil || !bytes.Equal(got, data) || decoder.trailer["x-amz-checksum-crc32"] != "AAAAAA==" {
				t.Errorf("%s, chunks of %d: %d bytes, trailer %v, %v", name, size, len(got), decoder.trailer, err)
			}
		}
	}
}

func TestChunkReaderRefuses(t *testing.T) {
	whole := string(chunk([]byte("hello"), 3, "", "x-amz-checksum-crc32:AAAAAA=="))
	for cut := range len(whole) {
		if got, err := io.ReadAll(newChunkReader(strings.NewReader(whole[:cut]))); !errors.Is(err, errIncompleteBody) || len(got) > 5 {
			t.Errorf("cut at %d: %q, %v", cut, got, err)
		}
	}
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"plain":              {"hello", errIncompleteBody},
		"plain lines":        {"hello\r\nworld\r\n", errChunk},
		"bare newline":       {"1\na\r\n0\r\n\r\n", errChunk},
		"negative":           {"-1\r\na\r\n0\r\n\r\n", errChunk},
		"huge":               {"ffffffffffffffff\r\n", errChunk},
		"no CRLF after data": {"1\r\nab\r\n0\r\n\r\n", errChunk},
		"data after the end": {"1\r\na\r\n0\r\n\r\nx", errChunk},
		"trailer not a pair": {"0\r\nx-amz\r\n\r\n", errTrailer},
		"repeated trailer":   {"0\r\na:b\r\nA:c\r\n\r\n", errTrailer},
		"too many trailers":  {"0\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\nf:\r\ng:\r\nh:\r\ni:\r\n\r\n", errTrailer},
		"endless line":       {strings.Repeat("0", 1<<20), errChunk},
	} {
		if got, err := io.ReadAll(newChunkReader(strings.NewReader(c.body))); !errors.Is(err, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	broken := io.MultiReader(strings.NewReader("5\r\nab"), iotest.ErrReader(errors.New("connection reset")))
	if _, err := io.ReadAll(newChunkReader(broken)); err == nil || err.Error() != "connection reset" {
		t.Errorf("broken connection: %v", err)
	}
}

// FuzzChunkReader checks that no body makes the decoder run on, yield more than it was given, or disagree with the encoder.
func FuzzChunkReader(f *testing.F) {
	f.Add([]byte("hello"), uint8(2))
	f.Add(chunk([]byte("hello"), 2, ";chunk-signature=0", "a:b"), uint8(9))
	f.Add([]byte("0\r\n\r\n"), uint8(1))
	f.Add([]byte("a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		if got, err := io.ReadAll(newChunkReader(bytes.NewReader(data))); len(got) > len(data) || err == nil && len(got)+5 > len(data) {
			t.Errorf("%d bytes decode to %d, %v", len(data), len(got), err)
		}
		got, err := io.ReadAll(newChunkReader(bytes.NewReader(chunk(data, int(size)+1, "", "a:b"))))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q comes back as %q, %v", data, got, err)
		}
	})
}
