// Package check decodes the manifests of the folder above strictly, with the types of Kubernetes itself. It is a module of its own, so that these types are no
// dependency of streamrec:
//
//	(cd infra/kubernetes/check && go test ./...)
//
// The resources of KEDA and of the Prometheus operator are decoded into the part of their types that is used here: their modules are large.
package check
