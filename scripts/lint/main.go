// Command lint is a tool for go vet, with analyzers that neither vet nor staticcheck has: errors that nobody looks at, that are compared by ==,
// or wrapped in a way that hides them, and assignments without effect. It is a module of its own, so that what it needs is no dependency of the product.
//
//	(cd scripts/lint && go build -o ../../artefacts/lint .) && go vet -vettool=$PWD/artefacts/lint ./...
package main

import (
	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/kisielk/errcheck/errcheck"
	"github.com/polyfloyd/go-errorlint/errorlint"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	errcheck.DefaultExcludedSymbols = append(errcheck.DefaultExcludedSymbols, ignored...)
	unitchecker.Main(
		errorlint.NewAnalyzer(),
		ineffassign.Analyzer,
		errcheck.Analyzer,
	)
}
