package kinesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sirupsen/logrus"
)

// In the folder of a service every stream has a folder named after its epoch, which holds its state and a folder of segments
// for each shard:
//
//	lock
//	stream-1767225600/state.json
//	stream-1767225600/shardId-000000000000/0000000000000005.frames
const (
	stateFile    = "state.json"
	streamPrefix = "stream-"
)

func streamFolder(epoch uint64) string { return streamPrefix + strconv.FormatUint(epoch, 10) }

// counterLeap is what counters jump ahead by at a restart. Records that a crash of the machine took away were possibly seen
// by readers already; their numbers must not be given out again.
const counterLeap = 1 << 32

// save writes the state beside the old one, synchronised, and then renames it: after a crash there is either.
func (s *stream) save(state *streamState) error {
	if s.dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(state, "", "\t")
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	if err := makeDir(s.dir); err != nil {
		return fmt.Errorf("make stream folder: %w", err)
	}
	return replaceFile(filepath.Join(s.dir, stateFile), text)
}

// replaceFile writes a file atomically and durably.
func replaceFile(path string, content []byte) error {
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("create state: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("replace state: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// makeDir makes a folder durably, if it does not exist.
func makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// loadStreams reads all streams of a folder. What a crash left of streams that were being created or deleted is swept away.
func loadStreams(options *Options, acct account) (map[string]*stream, error) {
	entries, err := os.ReadDir(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	streams := make(map[string]*stream)
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), streamPrefix) {
			continue
		}
		s, err := loadStream(options, acct, filepath.Join(options.Dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", entry.Name(), err)
		}
		if s != nil {
			streams[s.name] = s
		}
	}
	return streams, nil
}

// loadStream returns nil for a folder without a state.
func loadStream(options *Options, acct account, dir string) (*stream, error) {
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, os.RemoveAll(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	var state streamState
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	if state.Version != stateVersion {
		return nil, fmt.Errorf("state has version %d, want %d", state.Version, stateVersion)
	}
	s := newStream(options, acct, state)
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// load reads the logs, and saves a counter that is beyond everything given out before.
func (s *stream) load() error {
	if err := s.sweep(); err != nil {
		return err
	}
	for _, shard := range s.state.Topology.Shards {
		log, torn, err := loadLog(s.logDir(shard.Index), s.options.segmentBytes)
		if err != nil {
			return fmt.Errorf("load %s: %w", shardID(shard.Index), err)
		}
		if torn != nil {
			s.options.Logger.WithFields(logrus.Fields{"segment": torn.path, "bytes": torn.lost}).Warn("torn tail cut off")
		}
		s.partition(shard).log = log
		if last, ok := log.last(); ok {
			s.counter = max(s.counter, last)
		}
	}
	s.counter += counterLeap
	return s.apply(s.state.clone())
}

// sweep removes the records of shards that expired just before a crash.
func (s *stream) sweep() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	for _, entry := range entries {
		index, ok := parseShardID(entry.Name())
		if !ok || s.state.Topology.find(index) != nil {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.dir, entry.Name())); err != nil {
			return fmt.Errorf("sweep shard: %w", err)
		}
	}
	return nil
}
