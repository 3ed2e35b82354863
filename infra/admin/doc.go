// Package admin serves the operators of a process, on an address of its own: whether it lives, what it measures, profiles, and whatever
// is mounted beside them, such as a dashboard. Shoppers' traffic never comes here; package worker/serve has that.
//
//	s, err := admin.New(admin.Config{Address: "127.0.0.1:0"}, admin.Health{Ready: …}, log)
//	s.Handle("/metrics", …)
//	s.Handle("/", dashboard)
//	address, err := s.Listen(ctx)
//	err = s.Serve(ctx)
//
//	/livez /readyz /startupz   200 and "ok", or 503 and what is missing; for probes, without a token
//	/debug/pprof/              profiles
//
// # Who may come in
//
//	address        loopback                             any other
//	no token       requests that name a loopback host   New refuses
//	token          who shows it                         who shows it
//	mutual TLS     whose certificate the CA signed      whose certificate the CA signed
//
// The token comes as Authorization: Bearer, from Prometheus and scripts, or as the password of Authorization: Basic, which browsers can ask
// for. It is compared in constant time. Probes need none, since a kubelet has none: they tell nothing but that the process is there.
//
// # What one client can hold
//
// A body has to come within 10 s, an answer has to be taken within 30 s, and 128 requests are answered at a time; probes always are. Streams
// extend their deadline with each message, and profiles by the seconds that they take.
//
// # Non-obvious
//
//   - Without a token only requests to a loopback host name are answered: otherwise a web page could have its own name point to 127.0.0.1,
//     and read the metrics through the browser of an operator.
//   - What changes something comes from the same origin, or from no browser at all: browsers send the password by themselves.
//   - Each request that changes something or takes a profile, and each that is turned away, is a record of the log with audit=true: who,
//     what, from where, and how it ended, with what the handler has noted (Note). Reading is not.
package admin
