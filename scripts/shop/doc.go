// Package shop is a synthetic shop: a catalogue of invented products, and shoppers whose behaviour can be learned.
//
//	s := shop.New(1)
//	people := s.Shoppers(500)
//	for {
//		e := people.Next(time.Now()) // one record, in the format that package processor/event documents
//		…
//	}
//
// Nothing is random beyond the seed: the same seed, number of shoppers, habits and times give the same bytes. The catalogue
// does not even depend on the seed, so that a product's code is enough to show its name.
//
// # What there is to learn
//
//	category   each shopper cares for three of twelve, one of them most
//	line       eight products of one kind replace each other: after one, another is looked at
//	affinity   a product goes with the same few products of two other lines, such as a tent with one of the lanterns
//	skew       popularity follows Zipf's law, within a category and between them; so does who comes how often
//	memory     shoppers come back to products of this session and of earlier ones
//	drift      products come on sale, and trends come and go, every few hundred events
//	cart       some views lead into the cart, and some carts are bought at the end of the session
//
// Lengths of sessions, the share of carts and purchases, and the oddities in the records follow real shops: see Habits.
//
// # Non-obvious
//
//   - The rate is the caller's. Half of the shoppers browse at a time, and each call of Next is a step of a random one of
//     them; so calling faster makes sessions shorter in time and not in records. Drift counts events for the same reason.
//   - City, country and credit limit belong to the session: one customer comes from several places.
//   - A session writes its records in one of two ways, the newest step or the whole history so far, and with or without
//     the optional fields, as different versions of a web shop would.
package shop
