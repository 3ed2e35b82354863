package event

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// Privacy pseudonymises customer numbers and seals what may hold personal data. All its keys derive (HKDF-SHA256) from
// one secret, so that losing or erasing one means losing or erasing all. Safe for concurrent use.
type Privacy struct {
	id    string
	mac   []byte // of pseudonyms
	nonce []byte // of synthetic nonces
	seal  *xaes
}

// NewPrivacy derives the keys of a Privacy from key.
func NewPrivacy(key Key) (*Privacy, error) {
	derive := func(purpose string, size int) ([]byte, error) {
		return hkdf.Key(sha256.New, key[:], nil, "streamrec v1 "+purpose, size)
	}
	id, err := derive("key id", 4)
	if err != nil {
		return nil, fmt.Errorf("derive key id: %w", err)
	}
	mac, err := derive("customer pseudonym", 32)
	if err != nil {
		return nil, fmt.Errorf("derive pseudonym key: %w", err)
	}
	nonce, err := derive("seal nonce", 32)
	if err != nil {
		return nil, fmt.Errorf("derive nonce key: %w", err)
	}
	sealKey, err := derive("seal", 32)
	if err != nil {
		return nil, fmt.Errorf("derive sealing key: %w", err)
	}
	seal, err := newXAES(sealKey)
	if err != nil {
		return nil, fmt.Errorf("make sealing cipher: %w", err)
	}
	return &Privacy{id: hex.EncodeToString(id), mac: mac, nonce: nonce, seal: seal}, nil
}

// KeyID names the key: 8 hex digits that follow from it, so equal ids mean equal pseudonyms.
func (p *Privacy) KeyID() string { return p.id }

// Pseudonym is the 32 hex digits that stand for a customer number. A number and the string that spells it have the same:
// 412, 412.0 and "412".
func (p *Privacy) Pseudonym(customer string) string {
	if isNumber(customer) {
		customer = canonicalNumber(customer)
	}
	return pseudonym(hmac.New(sha256.New, p.mac), customer)
}

// pseudonymSize is how much of the HMAC a pseudonym keeps: collisions stay out of reach for 2^60 customers.
const pseudonymSize = 16

func pseudonym(mac hash.Hash, canonical string) string {
	var sum [sha256.Size]byte
	var digits [2 * pseudonymSize]byte
	mac.Write(append(sum[:0], canonical...))
	hex.Encode(digits[:], mac.Sum(sum[:0])[:pseudonymSize])
	return string(digits[:])
}

// String names the key and hides it.
func (p Privacy) String() string { return "privacy key " + p.id }

// Format hides the keys from every verb.
func (p Privacy) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(p.String())) }

// privacyState is the Privacy of one Decoder with the hash that it reuses. Nil keeps everything in clear.
type privacyState struct {
	*Privacy
	hash hash.Hash
}

func newPrivacyState(p *Privacy) *privacyState {
	if p == nil {
		return nil
	}
	return &privacyState{Privacy: p, hash: hmac.New(sha256.New, p.mac)}
}

func (s *privacyState) keyID() string {
	if s == nil {
		return ""
	}
	return s.id
}

// pseudonym stands for a customer number that is canonical already.
func (s *privacyState) pseudonym(canonical string) string {
	if s == nil {
		return canonical
	}
	s.hash.Reset()
	return pseudonym(s.hash, canonical)
}
