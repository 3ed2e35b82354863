// Command image packs the streamrec binary into a container image without Docker: infra/image/build.sh builds the binary and runs it.
//
// The image has one layer: the static binary, and a user for it. There is nothing else, no shell, no package manager. The roots of TLS are in the binary
// (golang.org/x/crypto/x509roots/fallback, used where the system has none), and no zone of time but UTC is asked for.
//
// The file is an OCI image layout in a tar, which docker load (through its manifest.json), podman load, skopeo and crane read. Equal binaries give equal files: times
// are zero, owners are root, the order is fixed.
//
//	infra/image/build.sh --tag 111122223333.dkr.ecr.eu-north-1.amazonaws.com/shop:1 --out streamrec.tar
//	crane push streamrec.tar 111122223333.dkr.ecr.eu-north-1.amazonaws.com/shop:1
//
// or docker load -i streamrec.tar && docker push …; Dockerfile is for those who would rather build with Docker.
package main
