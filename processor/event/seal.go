package event

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
)

// A sealed value is one byte of version, a nonce of 24 bytes, and what XAES-256-GCM makes of the plain bytes.
const (
	sealVersion = 1
	sealHeader  = 1 + xaesNonceSize
	// SealOverhead is how many bytes longer than the plain value a sealed one is.
	SealOverhead = sealHeader + 16
)

// ErrSealed means that a sealed value cannot be opened: another key sealed it, or it is damaged.
var ErrSealed = errors.New("sealed with another key, or damaged")

// Seal encrypts plain. The nonce follows from context and plain: sealing the same value in the same context again gives
// the same bytes, while equal values in two contexts do not look equal. The context is not needed to open the value.
func (p *Privacy) Seal(context string, plain []byte) []byte {
	mac := hmac.New(sha256.New, p.nonce)
	mac.Write([]byte(context))
	mac.Write([]byte{0})
	mac.Write(plain)
	nonce := mac.Sum(nil)[:xaesNonceSize]

	sealed := make([]byte, 0, len(plain)+SealOverhead)
	sealed = append(sealed, sealVersion)
	sealed = append(sealed, nonce...)
	return p.seal.derive(nonce).Seal(sealed, nonce[xaesKeyPart:], plain, sealed[:1])
}

// Open decrypts what Seal has made. The error is ErrSealed.
func (p *Privacy) Open(sealed []byte) ([]byte, error) {
	if len(sealed) < SealOverhead || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	nonce := sealed[1:sealHeader]
	plain, err := p.seal.derive(nonce).Open(nil, nonce[xaesKeyPart:], sealed[sealHeader:], sealed[:1])
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// XAES-256-GCM (C2SP) is AES-256-GCM under a key that half of its nonce of 24 bytes selects. Unlike the 12 bytes of plain
// GCM, such nonces do not repeat within any number of rows that one key will see.
const (
	xaesNonceSize = 24
	xaesKeyPart   = 12 // how much of the nonce selects the key
)

type xaes struct {
	block  cipher.Block
	subkey [aes.BlockSize]byte // K1 of CMAC
}

func newXAES(key []byte) (*xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	x := &xaes{block: block}
	block.Encrypt(x.subkey[:], x.subkey[:])
	var carry byte
	for i := len(x.subkey) - 1; i >= 0; i-- {
		x.subkey[i], carry = x.subkey[i]<<1|carry, x.subkey[i]>>7
	}
	x.subkey[len(x.subkey)-1] ^= carry * 0x87
	return x, nil
}

// derive gives the GCM for the first half of nonce: two blocks of the NIST SP 800-108 counter mode with CMAC.
func (x *xaes) derive(nonce []byte) cipher.AEAD {
	var key [2 * aes.BlockSize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize:][:aes.BlockSize]
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], nonce[:xaesKeyPart])
		subtle.XORBytes(half, half, x.subkey[:])
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are a valid key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return aead
}
