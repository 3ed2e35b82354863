// Package check reads the image of the folder above with go-containerregistry, which follows every digest. It is a module of its own, so that this library is no
// dependency of streamrec. STREAMREC_IMAGE_FILE names the file.
package check
