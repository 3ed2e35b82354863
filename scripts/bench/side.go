package main

// side is one of what is compared.
type side string

// The sides.
const (
	ours          side = "streamrec"      // with its defaults, T = 5 s
	stockTuned    side = "stock_tuned"    // vmware-go-kcl-v2 v1.0.0, set to a failover time of 5 s
	stockDefaults side = "stock_defaults" // the same as it comes, but reading from TRIM_HORIZON
	limit         side = "limit"          // what no worker can do without
)

// title is the head of the side's column.
func (s side) title() string {
	switch s {
	case ours:
		return "streamrec"
	case stockTuned:
		return "stock, tuned"
	case limit:
		return "limit"
	}
	return "stock, defaults"
}
