package kinesis

// WithSegmentBytes returns options under which segments are this large.
func (o Options) WithSegmentBytes(size int) Options {
	o.segmentBytes = size
	return o
}
