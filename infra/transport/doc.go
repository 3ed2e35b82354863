// Package transport has the HTTP client under the AWS SDK: see WholeBody. All clients of the project go through it. Answer says what came back where that is an
// error, and whether a service of AWS has said it.
package transport
