// Package evaluate measures how good recommendations are, by replaying event files.
//
// Two protocols answer two questions. [Prequential] replays a stream as it happened, predicting each event before it is
// learnt: what would this recommender have done in production? [Offline] learns one part of a file and predicts the
// sessions of another: how does it compare with what is published?
//
// Both ask for a list of K items before each event of a session, and look where in the list the item of the event is.
// What is found for the first event, the list of somebody who has touched nothing, is reported apart ([Report].First). The hit rate ([Tally.HR]) is how often it is there at all, the mean reciprocal rank ([Tally.MRR]) also
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
//	model            .538 / .240 (new items .430)    .707 / .387
//	VSTAN            .470 / .219 (.379)              .669 / .378
//	VMIS-kNN         .422 / .189 (.370)              .642 / .329 (published: .640 / .328)
//	VMIS-kNN, long   .458 / .204 (.381)              .662 / .341
//	co-visitation    .477 / .196 (.385)              .592 / .267
//	popularity       .152 / .047 (.141)              .011 / .002
//
// VMIS-kNN has the parameters of Serenade's example; the long one looks at 10 items and 100 neighbours. VSTAN has those
// published for RetailRocket. Of the targets of the second half, 16.8 % are items that nobody had touched before, which no
// list can contain.
//
// Other streams, prequential, 2nd half, HR@20 / MRR@20:
//
//	                                         returns   model          best baseline of each
//	Serenade sample                          37 %      .677 / .382    .647 / .327   co-visitation
//	Tmall, 66,000 sessions                   29 %      .381 / .170    .319 / .148   co-visitation, VSTAN
//	trivago, 7,500 sessions, with cities     18 %      .269 / .146    .174 / .125   co-visitation
//	the same without                         18 %      .210 / .132    .174 / .125   co-visitation
//	Last.fm, 26,000 sessions (music)         15 %      .302 / .110    .265 / .099   VMIS-kNN, long; VSTAN
//	#nowplaying, 26,000 sessions (music)      2 %      .233 / .060    .225 / .080   co-visitation
//	Dressipi, 3 % of the sessions, no repeats 0 %      .032 / .011    .032 / .008   popularity
//
// Returns are the share of the targets that their session had touched before. Where they are as rare as that, reminders
// stand in the way of the first places, and Params.Reminder should be small or zero. The parameters of the model were tuned
// on the first half of the REES46 stream, those of reminders and three decays (QueryDecay, KernelDecay, CoVisitBack) on the first
// halves of these streams too, the first quarter of Last.fm, by what they do for all of them together. Before, the rates were at most
// .0001 better on one of these streams, and up to .008 worse.
//
// The first events of sessions are apart from these. HR@20 / MRR@20 on the 2nd half, n events; the other baselines have no list for them:
//
//	                      n   model          popularity
//	REES46            7,381   .204 / .081    .186 / .078
//	Serenade sample  12,068   .034 / .008    .027 / .007
//	Tmall            26,431   .022 / .007    .015 / .004
//	trivago           3,773   .004 / .001    .002 / .000
//	Last.fm          12,964   .068 / .017    .065 / .016
//	#nowplaying      12,732   .022 / .006    .019 / .005
//	Dressipi          8,078   .046 / .013    .047 / .014
//
// The estimate of rates was chosen on the first halves of these streams but trivago, the first quarter of Last.fm.
//
// Cut into shards ([Sharded]), REES46 January 2021, 2nd half, HR@20 / MRR@20:
//
//	4, 16, 64 shards, merged exactly    .538 / .240, and 20,052 of 20,052 lists are those of one model
//	16 shards, 60 s late                .537 / .240
//	16 shards, 10 min late              .536 / .240
//	16 shards, 1 h late                 .534 / .238
//
// # Non-obvious
//
// An event that repeats the very last item of its session is never predicted, but it is learnt. Unseen targets count as
// misses in Prequential and are left out in Offline. Events of the same millisecond are replayed in file order. On the
// Serenade sample, the model's mean reciprocal rank of new items is below that of VMIS-kNN (.182 to .204), because
// reminders take the first places: set Params.Reminder to zero to see lists without them.
package evaluate
