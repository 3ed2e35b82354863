package tail

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// position is what the position file says.
type position struct {
	Version int         `json:"version"`
	Saved   time.Time   `json:"saved"`
	Salt    string      `json:"salt"` // hex; secret of this log
	Files   []savedFile `json:"files"`
	Done    []string    `json:"done"` // files that have been read to their ends, the newest last
}

// savedFile is a file that is not read to its end.
type savedFile struct {
	Inode  uint64 `json:"inode"` // only to choose between files of the same content
	Head   []byte `json:"head"`
	Tail   []byte `json:"tail"`
	Offset int64  `json:"offset"`
	Log    bool   `json:"log"`    // it was the log itself
	AtEnd  bool   `json:"at_end"` // there was nothing behind the offset, and nothing is missed when it is gone
	// Changed is when it was changed last, by the clock of its file system. What was changed after that came later.
	Changed time.Time `json:"changed"`
}

const positionVersion = 1

// doneKept is how many files that are done are remembered.
const doneKept = 32

// loadPosition reads a position file; there is none when begun is false.
func loadPosition(path string) (p position, begun bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails
		return position{Version: positionVersion, Salt: hex.EncodeToString(salt)}, false, nil
	}
	if err != nil {
		return p, false, err
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Version != positionVersion {
		return p, false, fmt.Errorf("%s is no position file of this version; remove it to begin anew", path)
	}
	for _, f := range p.Files {
		if f.Offset < int64(len(f.Tail)) {
			return p, false, fmt.Errorf("%s makes no sense; remove it to begin anew", path)
		}
	}
	return p, true, nil
}

// save replaces the position file. After a power failure there is the old one or the new one.
func (p *position) save(path string) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	return nil
}
