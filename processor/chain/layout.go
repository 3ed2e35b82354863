package chain

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Layout says where the objects of a log are. Prefix has no slash at its ends and may be empty. Generation is that of all hours but those
// that Earlier gives to others; the zero Earlier gives none. Methods that are given no hour speak of Generation alone.
type Layout struct {
	Prefix     string  // of all keys
	Generation int     // 1 or more
	Earlier    Earlier // hours that belong to other generations
}

// LinkKey returns the key of the link that begins with the record first.
func (l Layout) LinkKey(hour Hour, shard, first string) (string, error) {
	padded, err := Pad(first)
	if err != nil {
		return "", fmt.Errorf("name link of %s: %w", shard, err)
	}
	return l.ShardPrefix(hour, shard) + padded + ".parquet", nil
}

// ShardPrefix is what the keys of all links of a shard in an hour begin with.
func (l Layout) ShardPrefix(hour Hour, shard string) string {
	return l.HourPrefix(hour) + shard + "-"
}

// HourPrefix is what the keys of all links in an hour begin with.
func (l Layout) HourPrefix(hour Hour) string { return l.At(hour).DataPrefix() + hour.Partition() + "/" }

// DataPrefix is what the keys of all links of the generation begin with.
func (l Layout) DataPrefix() string { return path.Join(l.Prefix, l.generation()) + "/" }

// MarksPrefix is what the keys of all marks of the generation begin with.
func (l Layout) MarksPrefix() string { return path.Join(l.Prefix, "_log", l.generation()) + "/" }

func (l Layout) generation() string { return "gen=" + strconv.Itoa(l.Generation) }

// ConfigKey is the key of the generation's frozen configuration.
func (l Layout) ConfigKey() string { return l.MarksPrefix() + "config.json" }

// StartKey is the key of a shard's start mark.
func (l Layout) StartKey(shard string) string { return l.MarksPrefix() + shard + startSuffix }

// EndKey is the key of a shard's end mark.
func (l Layout) EndKey(shard string) string { return l.MarksPrefix() + shard + endSuffix }

// GapKey is the key of the mark of a gap behind the record prev, or behind the beginning of the chain when prev is empty. It differs from those of other marks by the number in it. prev has been read from the log or the stream; what Pad refuses stays as it is.
func (l Layout) GapKey(shard, prev string) string {
	name := prevStart
	if prev != "" {
		name = prev
		if padded, err := Pad(prev); err == nil {
			name = padded
		}
	}
	return l.MarksPrefix() + shard + "-" + name + gapSuffix
}

const (
	startSuffix = ".start.json"
	endSuffix   = ".end.json"
	gapSuffix   = ".gap.json"
)

// ParseLinkKey is the inverse of LinkKey. An error that wraps ErrSuperseded: the hour belongs to another generation.
func (l Layout) ParseLinkKey(key string) (hour Hour, shard, first string, err error) {
	for _, g := range l.Generations() {
		if hour, shard, first, err = l.In(g).parseLinkKey(key); err != nil {
			continue
		}
		if l.GenerationAt(hour) != g {
			return 0, "", "", fmt.Errorf("parse link key %q: %w by generation %d", key, ErrSuperseded, l.GenerationAt(hour))
		}
		return hour, shard, first, nil
	}
	return 0, "", "", err
}

// ErrSuperseded says that an object's hour is that of another generation.
var ErrSuperseded = errors.New("superseded")

func (l Layout) parseLinkKey(key string) (hour Hour, shard, first string, err error) {
	rest, ok := strings.CutPrefix(key, l.DataPrefix())
	if !ok {
		return 0, "", "", fmt.Errorf("parse link key %q: not under %s", key, l.DataPrefix())
	}
	dir, name := path.Split(rest)
	t, err := time.Parse("dt=2006-01-02/hour=15/", dir)
	if err != nil || HourOf(t).Partition()+"/" != dir { // time.Parse takes hour=9 for hour=09
		return 0, "", "", fmt.Errorf("parse link key %q: no hour", key)
	}
	stem, ok := strings.CutSuffix(name, ".parquet")
	cut := len(stem) - SequenceWidth - 1
	if !ok || cut < 1 || stem[cut] != '-' || strings.Trim(stem[cut+1:], "0123456789") != "" {
		return 0, "", "", fmt.Errorf("parse link key %q: not SHARD-SEQUENCE.parquet", key)
	}
	return HourOf(t), stem[:cut], Unpad(stem[cut+1:]), nil
}

// SnapshotsPrefix is what the keys of the model's snapshots begin with.
func (l Layout) SnapshotsPrefix() string { return path.Join(l.Prefix, "_model", l.generation()) + "/" }

// SnapshotKey is the key of a snapshot of all that the model has learnt before an hour, and, when minute is not zero, of what it has learnt in the hour up to
// about that minute. It belongs to the generation of the last hour of which it has anything.
func (l Layout) SnapshotKey(hour Hour, minute int) string {
	if minute == 0 {
		return l.At(hour-1).SnapshotsPrefix() + hour.Partition() + snapshotSuffix
	}
	return fmt.Sprintf("%s%s.%02d%s", l.At(hour).SnapshotsPrefix(), hour.Partition(), minute, snapshotSuffix)
}

// ParseSnapshotKey is the inverse of SnapshotKey.
func (l Layout) ParseSnapshotKey(key string) (hour Hour, minute int, ok bool) {
	name, ok := strings.CutPrefix(key, path.Join(l.Prefix, "_model")+"/gen=")
	_, name, _ = strings.Cut(name, "/")
	const at = "dt=2006-01-02/hour=15"
	t, err := time.Parse(at+snapshotSuffix, name)
	if err != nil {
		t, err = time.Parse(at+".04"+snapshotSuffix, name)
	}
	hour, minute = HourOf(t), t.Minute()
	return hour, minute, ok && err == nil && l.SnapshotKey(hour, minute) == key
}

const snapshotSuffix = ".facts"

// OwnerKey is the key of the mark that says whose log it is, of all generations.
func (l Layout) OwnerKey() string { return path.Join(l.Prefix, "_log", "owner.json") }

func (l Layout) probeKey() string { return path.Join(l.Prefix, "_log", "probe") }
