package model

// tables are the weights of Params as fixed-point numbers, computed once per model with integers only.
type tables struct {
	recency  []int64                 // [p]: weight of the p-th newest query item, from 0
	rank     []int64                 // [r]: weight of the r-th newest session of an item, from 0
	norm     [recordView + 1]int64   // [n]: 1/√n
	kernel   [][2 * recordView]int64 // [p][recordView+Δ]: sequential vote, newest shared item p, Δ steps after the last shared one
	covisit  [][2 * recordView]int64 // [p][recordView+Δ]: co-visitation vote, Δ steps after shared item p; 0 at Δ = 0
	single   [][2 * recordView]int64 // [p]: kernel + covisit: the vote of a neighbour that shares one item
	reminder []int64                 // [k]: weight of the k-th newest own item, from 0; 0 for the newest
	kind     [3]int64                // [type]
}

// recordView is how many items of a neighbour are looked at: the newest that are kept.
const recordView = SessionFacts

func newTables(p Params) *tables {
	n := max(p.QueryItems, p.HopItems)
	t := &tables{
		recency:  powers(p.QueryDecay, n),
		rank:     rankWeights(p),
		kernel:   kernelWeights(p, n),
		covisit:  covisitWeights(p, n),
		single:   make([][2 * recordView]int64, n),
		reminder: reminderWeights(p),
	}
	for i := 1; i <= recordView; i++ {
		t.norm[i] = inverseRoot(i)
	}
	for i := range t.single {
		for d := range t.single[i] {
			t.single[i][d] = t.kernel[i][d] + t.covisit[i][d]
		}
	}
	for i, w := range p.TypeWeight {
		t.kind[i] = w.fixed()
	}
	return t
}

// rankWeights falls in a straight line from 1, by RankDecay over Scan ranks.
func rankWeights(p Params) []int64 {
	w := make([]int64, p.Scan)
	if p.HopScan > p.Scan {
		w = make([]int64, p.HopScan)
	}
	for r := range w {
		w[r] = max(0, one-p.RankDecay.fixed()*int64(r)/int64(p.Scan))
	}
	return w
}

// kernelWeights: Kernel · PositionDecay^p · KernelDecay^|Δ|, times KernelBack before the last shared item.
func kernelWeights(p Params, n int) [][2 * recordView]int64 {
	w := make([][2 * recordView]int64, n)
	steps := powers(p.KernelDecay, recordView)
	for q, position := range powers(p.PositionDecay, n) {
		top := mul(p.Kernel.fixed(), position)
		for d, step := range steps {
			w[q][recordView+d] = mul(top, step)
			w[q][recordView-d] = mul(mul(top, step), p.back(d))
		}
	}
	return w
}

// back is the kernel's factor for an item d steps before the last shared one.
func (p Params) back(d int) int64 {
	if d == 0 {
		return one
	}
	return p.KernelBack.fixed()
}

// covisitWeights: CoVisit / (p+1) within CoVisitWindow steps, times CoVisitBack before the shared item.
func covisitWeights(p Params, n int) [][2 * recordView]int64 {
	w := make([][2 * recordView]int64, n)
	for q := range w {
		for d := 1; d <= p.CoVisitWindow; d++ {
			w[q][recordView+d] = p.CoVisit.fixed() / int64(q+1)
			w[q][recordView-d] = mul(w[q][recordView+d], p.CoVisitBack.fixed())
		}
	}
	return w
}

// reminderWeights: Reminder / √k for the item that k newer ones precede.
func reminderWeights(p Params) []int64 {
	w := make([]int64, p.Reminders)
	for k := 1; k < len(w); k++ {
		w[k] = mul(p.Reminder.fixed(), inverseRoot(k))
	}
	return w
}
