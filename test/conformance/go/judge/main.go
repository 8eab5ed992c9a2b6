// Says what Go's own implementation of signed notes and transparency logs (golang.org/x/mod/sumdb) makes of the same
// input, so that ours can be compared with it. Reads questions, one line of JSON each, and answers each with a line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Op    string   // open, vkey, path, parse, tree
	Note  []byte   // open
	Vkeys []string // open; vkey: the first
	Level int      // path; -1 is Go's name for entries
	Index int64    // path; tree: the entry to prove
	Width int      // path
	Path  string   // parse
	Size  int64    // tree
	Old   int64    // tree: the older size to prove consistency from
}

type answer struct {
	OK          bool
	Why         string   `json:",omitempty"`
	Text        string   // open
	By          []string // open: names and ids of the keys whose signatures were verified
	Path        string   // path
	Level       int      // parse
	Index       int64    // parse
	Width       int      // parse
	Root        []byte   // tree
	OldRoot     []byte   // tree
	Inclusion   [][]byte // tree
	Consistency [][]byte // tree
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	trees := &memory{}
	for decoder.More() {
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		told, err := judge(asked, trees)
		told.OK = err == nil
		if err != nil {
			told.Why = err.Error()
		}
		if err := encoder.Encode(told); err != nil {
			os.Exit(1)
		}
	}
	if out.Flush() != nil {
		os.Exit(1)
	}
}

func judge(asked question, trees *memory) (answer, error) {
	switch asked.Op {
	case "open":
		return open(asked)
	case "vkey":
		_, err := note.NewVerifier(asked.Vkeys[0])
		return answer{}, err
	case "path":
		return answer{Path: tlog.Tile{H: 8, L: asked.Level, N: asked.Index, W: asked.Width}.Path()}, nil
	case "parse":
		tile, err := tlog.ParseTilePath(asked.Path)
		return answer{Level: tile.L, Index: tile.N, Width: tile.W}, err
	case "tree":
		return prove(asked, trees)
	}
	return answer{}, fmt.Errorf("no question %q", asked.Op)
}

func open(asked question) (answer, error) {
	var verifiers []note.Verifier
	for _, vkey := range asked.Vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return answer{}, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(asked.Note, note.VerifierList(verifiers...))
	if err != nil {
		return answer{}, err
	}
	told := answer{Text: opened.Text}
	for _, signature := range opened.Sigs {
		told.By = append(told.By, fmt.Sprintf("%s+%08x", signature.Name, signature.Hash))
	}
	return told, nil
}

// memory holds the stored hashes of the tree over the entries "entry 0", "entry 1", ...
type memory struct {
	size   int64
	hashes []tlog.Hash
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		found[i] = m.hashes[index]
	}
	return found, nil
}

func (m *memory) grow(size int64) error {
	for ; m.size < size; m.size++ {
		hashes, err := tlog.StoredHashes(m.size, []byte(fmt.Sprintf("entry %d", m.size)), m)
		if err != nil {
			return err
		}
		m.hashes = append(m.hashes, hashes...)
	}
	return nil
}

func prove(asked question, trees *memory) (answer, error) {
	if err := trees.grow(asked.Size); err != nil {
		return answer{}, err
	}
	root, err := tlog.TreeHash(asked.Size, trees)
	if err != nil || asked.Size == 0 {
		return answer{Root: root[:]}, err
	}
	oldRoot, err := tlog.TreeHash(asked.Old, trees)
	if err != nil {
		return answer{}, err
	}
	inclusion, err := tlog.ProveRecord(asked.Size, asked.Index, trees)
	if err != nil {
		return answer{}, err
	}
	consistency, err := tlog.ProveTree(asked.Size, asked.Old, trees)
	if err != nil {
		return answer{}, err
	}
	return answer{Root: root[:], OldRoot: oldRoot[:], Inclusion: bytesOf(inclusion), Consistency: bytesOf(consistency)}, nil
}

func bytesOf(hashes []tlog.Hash) [][]byte {
	all := make([][]byte, len(hashes))
	for i := range hashes {
		all[i] = hashes[i][:]
	}
	return all
}
