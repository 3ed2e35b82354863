package lease

import "hash/fnv"

// hash is the same on every machine.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return mix(h.Sum64())
}

// rank orders workers for a lease, and leases for a worker, in the same way on every machine: the lowest is the first. Given
// the hashes of their names; the order for one lease says nothing about that for another (rendezvous hashing).
func rank(worker, lease uint64) uint64 { return mix(worker ^ lease*0x9e3779b97f4a7c15) }

// mix is the finalizer of MurmurHash3: FNV alone barely mixes the last bytes into the high bits.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
