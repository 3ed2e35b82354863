#!/usr/bin/env bash
# Builds a container image without Docker: infra/image/build.sh [--arch amd64|arm64] [--tag NAME:TAG] [--out FILE]
# Prints the digest. The same source and version of Go give the same digest, wherever it is built.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/../.."
arch=$(go env GOARCH) tag=streamrec:latest out=streamrec.tar
while [ $# -gt 0 ]; do
	case "$1" in
	--arch) arch=$2; shift 2 ;;
	--tag) tag=$2; shift 2 ;;
	--out) out=$2; shift 2 ;;
	*) echo "usage: infra/image/build.sh [--arch amd64|arm64] [--tag NAME:TAG] [--out FILE]" >&2; exit 2 ;;
	esac
done
[[ $out == /* ]] || out=$here/$out # as seen from where the command was given
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -buildid=" -o "$work/streamrec" ./scripts/streamrec
revision=${STREAMREC_REVISION:-$(git describe --always --dirty --abbrev=40 2>/dev/null || true)}
go run ./infra/image --binary "$work/streamrec" --arch "$arch" --tag "$tag" --revision "$revision" --out "$out"
