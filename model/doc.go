// Package model recommends what a shopper will touch next, from what other sessions did. It learns from every record as
// it comes, and it can be cut into shards and put together again without changing a single list.
//
// A [Model] is used like this:
//
//	m := model.New(model.DefaultParams())
//	facts = m.Observe(facts[:0], record)             // learn; facts are what other models need to know
//	list = m.Recommend(list[:0], record.Session, 20) // ask
//
// It has no clock, no goroutine, no random number and no floating point, and its state is a function of a set of facts.
//
// # Facts
//
// The state is a set of [Fact] values: in this visit of this session, the item was first touched at this [Touch], and
// the strongest thing done with it was this [EventType]. Everything that lists depend on is derived from the facts, but
// for the open visits, which know the order in which a session last touched its items.
//
// Observe decides what is a fact: the first touch of an item in a visit. It returns the facts that are new or stronger,
// and only those may be given to other models. A visit is a session id between two silences of SessionTTL, and
// remembers its items while it is open. So a visit never has two first touches of an item, however much a model has
// forgotten. A visit makes at most SessionFacts facts; robots are loud in no one's list but their own.
//
// # Algebra
//
// Two facts of the same visit and item join to the earlier touch and the stronger type. A set of facts is kept within
// bounds by forgetting. Let F be any set of facts, and K(F) what is kept of it:
//
//   - per item, the PerItem newest facts;
//   - of those, the ones above the floor: the least touch above which there are at most MaxFacts facts and MaxItems
//     items, and none that is older than Horizon.
//
// Then K(K(F) ∪ G) = K(F ∪ G): forgetting early changes nothing. The newest m of a union are among the newest m of the
// parts; and since adding facts can only raise the floor, what is below the floor of a part is below that of the whole.
// Hence any order of adding facts, adding them twice, and any tree of merges give the same state ([Model.Merge]). Three
// decisions serve this:
//
//   - The order of facts is by first touch, which never changes. If it were by the last activity of the session, as in
//     Serenade, a session that goes on would climb in postings that have already dropped it.
//   - A fact lives and dies by itself. The record of a session, as its neighbours see it, is the facts that are kept of
//     it, not all that it once had. This costs no measurable quality, and memory is bounded by items times PerItem.
//   - MaxItems does not evict single items, for one that came back would lack its past in some orders and not in
//     others. It moves the floor up to where the least recently touched item goes, and older facts of all items go too.
//
// If facts of the same visit and item came with different touches, which Observe never makes, the join is still defined,
// but near the bounds the order of adding could show.
//
// What is known about items apart from sessions is a second set of the same kind: per item the newest [Label], per
// category (and over all) the ShelfItems most recently touched items, for the MaxShelves most recently touched
// categories, and over all the ShelfItems items whose fourth newest facts are the newest. Labels travel on facts, and by themselves where a state is exported ([Model.Labels]).
//
// # Shards
//
// A [Model] has what one shard made. What all shards made is in a [Merged], one per process: a goroutine reads the logs of
// the shards, adds their facts, notes how far each log is merged ([Merged.Note]), and publishes an [Edition] every few
// seconds. The models adopt it:
//
//	m.Adopt(merged.Latest()) // between records: lists from here on are made with this edition
//
// and recommend from the edition and their own facts together, exactly as one model that was given both would, with all
// bounds. Nobody waits for anybody. An edition never changes: what is written after it was published, to the Merged or to
// a model's fork of it, goes to copies of pages of 1 to 3 KiB. An edition lives as long as somebody uses it, so also a
// model whose shard is quiet should adopt the newest now and then, and be told the time ([Model.Advance]).
//
// Adopt takes a few microseconds for each fact that the model has learnt since the edition before. A model that is asked meanwhile adopts in steps,
// [Model.Prepare], [Adoption.Step] and [Model.Complete], of which only the last has to be kept from questions.
//
// Which edition is adopted when is up to the caller, who can therefore repeat it: lists are a function of the records of
// the shard, of the editions and of the records before which they were adopted. [Edition.Marks] names the links of the
// logs that are in an edition, for the record; [Edition.StaleMs] is how late it is.
//
// The edition may have facts of the model's own shard, and should, when several shards of a process share it. A model
// puts the facts that it made into its fork of each edition that lacks them. By itself it also keeps all that it made, for
// Adopt(nil) and for exports; where others keep it too, it should let go:
//
//	m.Adopt(merged.Latest())
//	m.Shed() // keep of the own facts only what the edition lacks
//
// The first Shed takes time in proportion to the open visits, and makes every record cheaper, since its facts need not go to
// two places; further calls cost nothing, so it may follow each Adopt. Lists stay what they were, and so do the facts that
// Observe returns: with an edition these do not depend on what is kept, they are all first touches, even if too old.
//
// When a shard is split or merged, only open visits move, by [Model.Visits] and [Model.Reopen]. Facts belong to no shard.
//
// # What to keep for others
//
// Another process can add what a row of a log tells if the row has, for each fact that [Model.Observe] returned for it,
//
//	session id     as in Fact.Session; the raw id will do, see [LongSessionID]
//	visit          Fact.Visit
//	item id        Fact.Item
//	touch          Fact.Touch, all 64 bits. Arrival time, shard and sequence number are not enough: the order inside a
//	               millisecond is made by Observe
//	type           Fact.Type. A fact that became stronger comes again, with its first touch
//	label          Fact.Label, or the category and brand that [LabelOf] makes it from
//
// Rows without facts need nothing. Alternatively the records themselves are kept, and a model that observes all records of
// a shard in order, from the first or from a snapshot with the visits that were open then, makes the same facts again.
// Facts may be added in any order and repeatedly, so nothing has to be known about what was added before. Package snapshot
// keeps the whole state.
//
// # Lists
//
// The query q is the session's distinct items, the newest at position p = 0. All weights are in [Params]; numbers in
// brackets are the defaults. A list is the sum of five terms.
//
// Neighbours. For each of the QueryItems (10) newest items i of q and each of the Scan (150) newest sessions n with i, at
// rank r from the newest, until Neighbours (300) sessions were met in this order:
//
//	sim(n) += QueryDecay^p · TypeWeight · (1 - RankDecay · r / Scan)
//
// divided by the root of the size of n. Let first be the position in q of the newest item that n shares, and last the
// place in n of the last item that it shares. A neighbour votes for its item j, Δ places after last, with
//
//	sim(n) · ( Kernel · PositionDecay^first · KernelDecay^|Δ| · (KernelBack if Δ < 0)
//	         + Σ CoVisit / (p(i)+1) · (CoVisitBack if j is before i) )
//
// where the sum is over the items i that n shares, at most CoVisitWindow places from j. The first summand is the kernel
// of STAN and VSTAN (Garg et al., SIGIR 2019; Ludewig et al., UMUAI 2020) on the index of VMIS-kNN (Kersbergen et al.,
// SIGMOD 2022), the second is item-to-item co-visitation, read from the same neighbours instead of counters of its own,
// and decayed by their rank. Votes are scaled so that the best item has 1; in the end it is what other weights compare
// with. Rarity of items (idf) and another choice of neighbours (the most similar instead of the first met) were measured
// and changed nothing.
//
// Second hop. If fewer than HopBelow (50) items have votes, the HopItems (5) best are looked up as if they were a query,
// with HopScan (25) sessions each; what they find besides the session's own items counts Hop (0.1) for the best.
//
// Reminder. The k-th newest own item gets, up to k = Reminders,
//
//	Reminder / √(k-1) · (ReturnSteps + Return · r) / (ReturnSteps + steps)
//
// where the session has gone back to an item r times (the last step counts thrice if it did) in that many steps on which
// it could, from the one to its third item on. Streams differ in how often sessions go back, from 2 to 40 steps in 100,
// and so do the sessions of a stream: in six of them, one that has just gone back does so again 1.4 to 19 times as often
// as one that has just met a new item. Reminder (2.0) is for a session that has shown nothing yet, and outweighs about
// ReturnSteps (2) steps. It needs no state: an item was gone back to if it was touched again after another was first
// touched. First touches are what facts are, and last touches the order of an open visit; a closed one shows nothing.
//
// Shelf. The items on the shelf of the newest item's category get at most Shelf (0.1): in proportion to the facts that
// are kept of them, falling with their place on the shelf, and lifted for items of the same brand. This is what gives
// new items a list. An item of which PerItem facts are kept has been touched more often: it counts for what the rate of its facts
// makes of the longest time that those of such an item on the shelf go back.
//
// Popular. If the list is still too short, what is touched often follows, at most Popular (0.001), and then what was touched last. Items are
// in the order of their rates, estimated from the ages of their newest facts,
//
//	Σ n·√n / age of the n-th newest, n = 4, 8, 16 … 128, as far as so many are kept
//
// of which totals have the logarithm. For a session that has touched nothing, the rate is multiplied by the share of the item's 64 newest
// visits that began with it (plus 2 of 6 more): what shoppers come for is not what they come across. Half-lives and windows were
// measured too: the best one is another for each stream.
//
// Left out. Params.HidePurchased leaves out what the session has bought, [Model.Restrict] what a catalogue does not sell
// (package catalogue reads one), and a [Filter] what one [Question] does not want. The list is filled with what comes next, and such items
// still connect others.
//
// Why. [Model.Explain] takes a list apart: what each neighbour, reminder and shelf has given to each item, exactly.
//
// # Determinism
//
// Scores are integers with 20 fractional bits, products are rounded down one by one, and sums of integers do not depend
// on their order. Tables of weights are computed from integers. Equal scores are ordered by raw item id, equal touches
// by raw session id, visit and item id. Internal numbers depend on the order of arrival, and therefore nothing depends
// on them; no list comes from ranging over a map.
//
// # Memory
//
//	facts        MaxFacts, and PerItem per item
//	items        MaxItems, besides those of open visits
//	visits       one fact at least, or open
//	open visits  MaxOpen, SessionTTL of arrival time, SessionFacts + 16 items each
//	shelves      (MaxShelves + 2) · ShelfItems
//	ids          MaxIDBytes; see there for longer ones
//
// A model that has been shed has open visits, and the facts that its edition lacks, about 300 bytes each with their ids. Its
// fork of the edition costs the page tables, and the pages that it has written to since it adopted the edition.
//
// Nothing else makes memory grow: not new items, sessions, categories or long ids, not robots, not histories of any length.
// A record with a whole history makes the facts of its steps one by one; what it repeats makes none.
//
// A fact takes 16 bytes, a visit 30 and an item 50 beside their ids, an open visit about 86: together about 39 bytes per
// fact in a shop of 10 facts per item and ids of 12 to 16 characters. Blocks, texts and tables come from pages without
// pointers, so that the garbage collector has nothing to follow, and a steady stream allocates nothing but a page now
// and then.
//
// # Non-obvious
//
// Arrival time is the only time: late and early event times change nothing. They lie, and would let one bad clock empty
// the index. An arrival time that goes back is taken as it is within a visit of another session, and as just after the
// last touch within its own.
//
// The touches of a visit are strictly increasing, also when arrival times are not: Observe moves a touch to just after
// the last one of its visit. That is why the sequence number needs no room in a Touch.
//
// A visit ends by its own silence, not by the clock of the shard: otherwise the split of a shard could end visits. The
// clock only frees memory, a minute later. Reopening visits in another model ([Model.Reopen]) keeps their order of
// activity, so it frees them at the same record.
//
// A record is looked at from its newest facts, at most 64 of them, though Observe never makes more: facts may come from
// elsewhere.
//
// The strings in lists and facts share memory with the model's texts. They stay valid and unchanged for ever, since a
// chunk of texts is never overwritten, but each keeps 16 KiB alive.
package model
