package main

// fences are the mutants of the rules by which a plan waits for whoever may still write under an older one.
var fences = []mutant{
	{
		name: "fence/without-acknowledgements", file: operator,
		old: "		if w.Acked < p.Plan.Number && !o.seen.Dead(w.ID) {\n			p.Unheeding = append(p.Unheeding, w.ID)\n		}\n", new: "",
		why:    "NOACK: an old term writes into the old generation after a new one has found the tip",
		masked: "safe as long as a worker hears of a plan, or stops by its own trust, within the T for which the fence waits anyway", test: "worker/lease.TestFenceWaitsForWorkers",
	},
	{
		name: "fence/without-waiting-for-T", file: operator,
		old: `if len(p.Unheeding) > 0 || now.Sub(o.began) < o.failover {`, new: `if len(p.Unheeding) > 0 {`,
		why:    "NOACK: a worker whose row was deleted before this operator looked is not waited for",
		masked: "it takes a deletion and an operator that comes right after it", test: "worker/lease.TestFenceWaitsForWhoeverWasThereBefore",
	},
	{
		name: "fence/forgets-the-absent", file: operator,
		old: `if !has[id] && now.Sub(last) < o.failover {`, new: `if !has[id] && now.Sub(last) < 0 {`,
		why:    "NOACK: a worker whose row is deleted under this operator's eyes is not waited for",
		masked: "it takes a deletion at the moment of the fence, and a worker that is cut off", test: "worker/lease.TestFenceWaitsForWorkers",
	},
	{
		name: "fence/without-rows", file: operator,
		old: "	if len(p.Waiting) > 0 {\n		return o.apply(ctx, &p.Plan, leases)\n	}\n	if len(p.Unheeding)", new: "	if len(p.Unheeding)",
		why:    "the plan is fenced before it has been applied to every row",
		masked: "owners apply the plan themselves within the T for which the fence waits anyway", test: "worker/lease.TestFenceWaitsForRows",
	},
	{
		name: "fence/acknowledged-at-once", file: obey,
		old: `obeyed = min(obeyed, t.Lease().Plan)`, new: `obeyed = min(obeyed, max(c.plan.Number, t.Lease().Plan))`,
		why:    "NOACK: a worker acknowledges a plan while consumers of older terms still run in it",
		masked: "the simulator's consumers end within the T for which the fence waits anyway", test: "worker/lease.TestHungConsumerKeepsThePlanBack",
	},
	{
		name: "fence/hung-consumer-acknowledged", file: obey,
		old: "	if len(c.avoid) > 0 {\n		return c.me.Acked\n	}\n", new: "",
		why:    "NOACK: a worker acknowledges a plan while a consumer that it has abandoned hangs",
		masked: "the simulator's consumers do not hang", test: "worker/lease.TestHungConsumerKeepsThePlanBack",
	},
}
