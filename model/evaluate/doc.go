// Package evaluate measures how good recommendations are, by replaying event files.
//
// Two protocols answer two questions. [Prequential] replays a stream as it happened, predicting each event before it is
// learnt: what would this recommender have done in production? [Offline] learns one part of a file and predicts the
// sessions of another: how does it compare with what is published?
//
// Both ask for a list of K items before each event of a session but the first, and look where in the list the item of
// the event is. The hit rate ([Tally.HR]) is how often it is there at all, the mean reciprocal rank ([Tally.MRR]) also
// says how far up. A [Report] splits them by type of event and by whether the session had touched the item before:
// lists that remind of the session's own items do well on revisits, which says little about new items.
//
// [Streaming] is the model of package model; [Popularity], [CoVisitation], [VMIS] and [VSTAN] are baselines, written for
// clarity. Reports of Streaming are equal on every machine. The baselines use floating point, as their publications do;
// their results are reproducible on one architecture. The command streamrec evaluate reads files and runs all of them.
//
// Measured with the defaults, HR@20 / MRR@20:
//
//	                 REES46 January 2021, 2nd half   Serenade sample, offline
//	model            .535 / .240 (new items .427)    .706 / .382
//	VSTAN            .470 / .219 (.379)              .669 / .378
//	VMIS-kNN         .422 / .189 (.370)              .642 / .329 (published: .640 / .328)
//	VMIS-kNN, long   .458 / .204 (.381)              .662 / .341
//	co-visitation    .477 / .196 (.385)              .592 / .267
//	popularity       .152 / .047 (.141)              .011 / .002
//
// VMIS-kNN has the parameters of Serenade's example; the long one looks at 10 items and 100 neighbours. VSTAN has those
// published for RetailRocket. The parameters of the model were tuned on the first half of the REES46 stream. Of the
// targets of the second half, 16.8 % are items that nobody had touched before, which no list can contain.
//
// Cut into shards ([Sharded]), REES46 January 2021, 2nd half, HR@20 / MRR@20:
//
//	4, 16, 64 shards, merged exactly    .535 / .240, and 20,052 of 20,052 lists are those of one model
//	16 shards, 60 s late                .534 / .240
//	16 shards, 10 min late              .533 / .239
//	16 shards, 1 h late                 .532 / .239
//
// # Non-obvious
//
// An event that repeats the very last item of its session is never predicted, but it is learnt. Unseen targets count as
// misses in Prequential and are left out in Offline. Events of the same millisecond are replayed in file order. On the
// Serenade sample, the model's mean reciprocal rank of new items is below that of VMIS-kNN (.178 to .207), because
// reminders take the first places: set Params.Reminder to zero to see lists without them.
package evaluate
