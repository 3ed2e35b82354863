// Package dashboard is the page on which an operator sees a fleet: who reads which shard, how far it is, what happens, what is wrong.
//
//	d := dashboard.New(ctx, source, dashboard.Options{Log: log})
//	mux.Handle("/", d)
//
// The page is plain HTML, CSS and ES modules of the folder assets, embedded into the binary. It needs no other server.
//
//	Source.Look ──► hub, once a second while somebody watches ──► edition: rows as JSON, and what has changed ──► SSE, one goroutine per watcher
//	                 │                                                                                             │
//	                 └─ Changes(old, new): the feed                              a watcher that missed an edition gets all rows instead
//
// # Paths
//
//	/                             the page; /dashboard/*.js, *.css, *.svg belong to it
//	/dashboard/fleet              GET  one message with all rows, for browsers and proxies that do not take streams
//	/dashboard/stream             GET  server-sent events, each a message
//	/dashboard/shop/…             the panel in which one is a shopper; not there without Options.Shop
//
// # Messages
//
// A message has all rows (base 0), or the rows that differ from those of edition base. What changes all the time is kept out of the
// rows: ages are sent as times, and lag and rate of each shard as two lists in the order of the shards' ids. So a message
// about 1,000 shards that all change has 17 kB, and all rows of them 355 kB: see BenchmarkEdition.
//
// # Security
//
// Nothing can be changed but through the shop panel, and that writes only sessions of its own: their ids begin with "dashboard-".
// A write needs a JSON body, the header X-Streamrec-Dashboard, the page's own origin, and a Host that is an IP address or localhost, unless
// Options.AnyHost says that who comes is known. Each is in the record that package infra/admin makes of it. Scripts are allowed from this server only; texts are set by
// textContent. The page has no login of its own: package infra/admin keeps the door.
//
// # Non-obvious
//
//   - Nothing is read while nobody watches. What happened meanwhile is in the feed of the next look, with the time of the last one.
//   - A watcher that is slow skips editions; one that takes no bytes for Options.Patience is cut off. Nothing queues up for it.
//   - Whether a lease was handed off or taken from a silent owner is not in its row; the feed judges by the owner's heartbeat.
//   - What a worker says of itself at PeerPath, on the question port, is for operators: it asks for the secret that is in the worker's heartbeat
//     row, new at every start. Who may read the lease table may know. A worker of a version without secrets answers all the same.
//   - What peers say there is a courtesy: who cannot be reached is shown so, and its shards with what the rows say.
package dashboard
