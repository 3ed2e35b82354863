package event

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// KeySize is the size of a Key in bytes.
const KeySize = 32

// Key is the secret behind a Privacy. It prints as a placeholder.
type Key [KeySize]byte

// String hides the key.
func (Key) String() string { return "[secret key]" }

// Format hides the key from every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(k.String())) }

// GenerateKey returns a new random key as the 64 hex digits that ParseKey reads.
func GenerateKey() string {
	var k Key
	_, _ = rand.Read(k[:]) // never fails: the program is stopped without a source of randomness
	return hex.EncodeToString(k[:])
}

var errKeyForm = errors.New("want 32 bytes as 64 hex digits or as base64")

// ParseKey reads a key of 32 bytes: 64 hex digits, or base64 with either alphabet, padded or not. White space around it
// is ignored. The error does not repeat the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}, fmt.Errorf("parse privacy key: it is empty: %w", errKeyForm)
	}
	raw, err := decodeKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("parse privacy key of %d characters: %w", len(text), errKeyForm)
	}
	if len(raw) != KeySize {
		return Key{}, fmt.Errorf("parse privacy key: it has %d bytes: %w", len(raw), errKeyForm)
	}
	key := Key(raw)
	if key == (Key{}) {
		return Key{}, errors.New("parse privacy key: it is all zeros")
	}
	return key, nil
}

func decodeKey(text string) ([]byte, error) {
	if len(text) == hex.EncodedLen(KeySize) {
		return hex.DecodeString(text)
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// ReadKeyFile reads a key from a file that holds it in a form that ParseKey reads.
func ReadKeyFile(path string) (Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read privacy key: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("read %s: %w", path, err)
	}
	return key, nil
}

// KeyFromEnv reads a key from the environment variable name; lookup is os.LookupEnv outside of tests.
func KeyFromEnv(lookup func(string) (string, bool), name string) (Key, error) {
	text, ok := lookup(name)
	if !ok {
		return Key{}, fmt.Errorf("read privacy key: environment variable %s is not set", name)
	}
	key, err := ParseKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("read environment variable %s: %w", name, err)
	}
	return key, nil
}
