// Checks our logs with Go's own implementation of signed notes and transparency logs (golang.org/x/mod/sumdb),
// which shares no line with ours. Prints one line of JSON; anything wrong ends it with status 1 and the reason.
//
//	log <folder or URL> <vkey>                    the whole log: checkpoint, every tile, every entry, inclusion
//	consistent <folder or URL> <vkey> <old note>  that the log of today contains the log of an earlier checkpoint
//	proofs <file>                                 inclusion and consistency proofs that somebody else made
//	sign <name> <text file>                       a note signed by Go: prints the vkey and the note
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

var errNotThere = errors.New("not there")

func main() {
	result, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		os.Exit(1)
	}
}

func run(args []string) (map[string]any, error) {
	switch {
	case len(args) == 3 && args[0] == "log":
		return checkLog(args[1], args[2])
	case len(args) == 4 && args[0] == "consistent":
		return checkConsistent(args[1], args[2], args[3])
	case len(args) == 2 && args[0] == "proofs":
		return checkProofs(args[1])
	case len(args) == 3 && args[0] == "sign":
		return signNote(args[1], args[2])
	}
	return nil, errors.New("usage: log | consistent | proofs | sign")
}

// files is a log as C2SP tlog-tiles lays it out, in a folder or at a URL. It is what tlog.TileHashReader reads.
type files string

func (base files) read(path string) ([]byte, error) {
	if !strings.Contains(string(base), "://") {
		data, err := os.ReadFile(filepath.Join(string(base), path))
		if os.IsNotExist(err) {
			return nil, errNotThere
		}
		return data, err
	}
	response, err := http.Get(strings.TrimSuffix(string(base), "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, errNotThere
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

func (base files) Height() int { return tileHeight }

func (base files) SaveTiles([]tlog.Tile, [][]byte) {}

func (base files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		// Go's own log has the height in the path, C2SP tlog-tiles fixes it and leaves it out.
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := base.read(path)
		if err == errNotThere && tile.W < 1<<tileHeight {
			data, err = base.read(strings.SplitN(path, ".p/", 2)[0])
			if err == nil && len(data) >= tile.W*tlog.HashSize {
				data = data[:tile.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[i] = data
	}
	return all, nil
}

func (base files) bundle(n int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: n, W: width}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight), "tile/entries/", 1)
	data, err := base.read(path)
	if err == errNotThere && width < 1<<tileHeight {
		data, err = base.read(strings.SplitN(path, ".p/", 2)[0])
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	entries := make([][]byte, 0, width)
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: an entry is cut off", path)
		}
		length := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if len(entries) < width {
		return nil, fmt.Errorf("%s: %d entries, not %d", path, len(entries), width)
	}
	return entries[:width], nil
}

func treeOf(text []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("the vkey: %w", err)
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("the checkpoint: %w", err)
	}
	lines := strings.SplitN(signed.Text, "\n", 4)
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is of another origin, or has too few lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("the checkpoint's size is %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkLog(place, vkey string) (map[string]any, error) {
	base := files(place)
	text, err := base.read("checkpoint")
	if err != nil {
		return nil, err
	}
	tree, err := treeOf(text, vkey)
	if err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tree, base)
	types := map[string]int{}
	proofs := 0
	for n := int64(0); n*256 < tree.N; n++ {
		width := int(min64(256, tree.N-n*256))
		entries, err := base.bundle(n, width)
		if err != nil {
			return nil, err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, n*256+int64(i))
		}
		// Every hash that the reader returns was checked against the signed root.
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			index := n*256 + int64(i)
			if tlog.RecordHash(entry) != hashes[i] {
				return nil, fmt.Errorf("entry %d is not the one in the tree", index)
			}
			types[typeOf(entry)]++
			if !isSampled(index, tree.N) {
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			if err == nil {
				err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, hashes[i])
			}
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			proofs++
		}
	}
	if empty := tlog.Hash(sha256.Sum256(nil)); tree.N == 0 && tree.Hash != empty {
		return nil, errors.New("the root of an empty log is not the hash of no bytes (RFC 6962 section 2.1)")
	}
	return map[string]any{"size": tree.N, "root": hex.EncodeToString(tree.Hash[:]), "proofs": proofs, "types": types}, nil
}

func typeOf(entry []byte) string {
	var leaf struct{ Type string }
	if json.Unmarshal(entry, &leaf) != nil || leaf.Type == "" {
		return "?"
	}
	return leaf.Type
}

// isSampled: all of a small log; the edges of tiles and some between of a large one.
func isSampled(index, size int64) bool {
	edge := index % 256
	return size <= 600 || index < 2 || index >= size-2 || (index%4096 < 300 && (edge < 2 || edge == 255))
}

func checkConsistent(place, vkey, oldFile string) (map[string]any, error) {
	base := files(place)
	oldText, err := os.ReadFile(oldFile)
	if err != nil {
		return nil, err
	}
	newText, err := base.read("checkpoint")
	if err != nil {
		return nil, err
	}
	older, err := treeOf(oldText, vkey)
	if err != nil {
		return nil, err
	}
	newer, err := treeOf(newText, vkey)
	if err != nil {
		return nil, err
	}
	if older.N > newer.N {
		return nil, fmt.Errorf("the log had %d entries and now has %d", older.N, newer.N)
	}
	if older.N > 0 {
		proof, err := tlog.ProveTree(newer.N, older.N, tlog.TileHashReader(newer, base))
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err != nil {
			return nil, err
		}
	}
	return map[string]any{"older": older.N, "newer": newer.N}, nil
}

type proofCase struct {
	Kind  string   // inclusion or consistency
	Index int64    // inclusion
	Old   int64    // consistency
	Size  int64    // of the tree
	Leaf  string   // leaf hash, hex
	Older string   // root, hex
	Root  string   // hex
	Proof []string // hex
	Valid bool     // what the other implementation says of it
}

func checkProofs(file string) (map[string]any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var cases []proofCase
	if err := json.Unmarshal(data, &cases); err != nil {
		return nil, err
	}
	valid := 0
	for n, one := range cases {
		err := checkProof(one)
		if (err == nil) != one.Valid {
			return nil, fmt.Errorf("case %d (%s): valid %v for them, %v for Go", n, one.Kind, one.Valid, err)
		}
		if err == nil {
			valid++
		}
	}
	return map[string]any{"cases": len(cases), "valid": valid}, nil
}

func checkProof(one proofCase) error {
	path := make([]tlog.Hash, len(one.Proof))
	for i, text := range one.Proof {
		hash, err := hashOf(text)
		if err != nil {
			return err
		}
		path[i] = hash
	}
	root, err := hashOf(one.Root)
	if err != nil {
		return err
	}
	if one.Kind == "inclusion" {
		leaf, err := hashOf(one.Leaf)
		if err != nil {
			return err
		}
		return tlog.CheckRecord(path, one.Size, root, one.Index, leaf)
	}
	older, err := hashOf(one.Older)
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, one.Size, root, one.Old, older)
}

func hashOf(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(hash) {
		return hash, fmt.Errorf("%q is no hash", text)
	}
	copy(hash[:], data)
	return hash, nil
}

func signNote(name, file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		return nil, err
	}
	return map[string]any{"vkey": vkey, "note": string(signed)}, nil
}

func min64(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
