// Package upstream watches what the producers of a stream send, so that a change of their schema or an outage shows before somebody misses
// the data.
//
// A [Watch] belongs to one worker. It is told of every event by the decoders ([event.Scout]) and of every row by the processors (it is a
// processor.Observer), and sums up in a [Report]:
//
//   - which part of the rows of the last ten minutes could not be decoded, by class, and which part had fields without a column;
//   - the names of such fields, and which of them are new: not there in the first ten minutes, and no older than a day;
//   - which formats the records had;
//   - for each shard, how long nothing has arrived, and how much usually does.
//
// Minutes are those of arrival: a worker that catches up tells of the time that it has reached. What a worker knows begins with its start
// and, for silence and rate, with the term of its lease.
//
// # Non-obvious
//
//   - Rows are counted when they are processed, repetitions included: what a worker had not committed when it failed counts again in the next one. Whoever wants to
//     know how many there are counts those of the log.
//   - Names of fields come from outside, and a producer can put anything there, an address as well. Only names are kept that look like ones
//     that a programmer has chosen: at most 64 characters of letters, digits and _ - . $ :, without a run of five digits. At most 256; the
//     others are counted as one, [OtherNames]. Values are never looked at.
//   - The usual rate is an average that forgets within an hour. It is brought up to date when a record arrives, so silence does not lower it.
package upstream
