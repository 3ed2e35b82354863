package kinesis

import "sync"

// buffers lends out byte slices for bodies, so that steady traffic allocates nothing for them.
type buffers struct{ pool sync.Pool }

// keepBytes is the largest buffer worth keeping.
const keepBytes = 32 << 20

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	return new([]byte)
}

func (b *buffers) put(buf *[]byte) {
	if cap(*buf) > keepBytes {
		return
	}
	*buf = (*buf)[:0]
	b.pool.Put(buf)
}

// batches lends out the memory of put requests.
type batches struct{ pool sync.Pool }

func (b *batches) get() *putBatch {
	if batch, ok := b.pool.Get().(*putBatch); ok {
		return batch
	}
	return new(putBatch)
}

func (b *batches) put(batch *putBatch) {
	if cap(batch.arena) <= keepBytes && cap(batch.entries) <= 2*maxPutRecords {
		b.pool.Put(batch)
	}
}
