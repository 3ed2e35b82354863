// Package transport has the HTTP client under the AWS SDK: see WholeBody. All clients of the project go through it.
package transport
