package evaluate

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/cputime"
)

// dataFile reads an event file from the folder that STREAMREC_DATA names.
func dataFile(t *testing.T, name string) []Event {
	t.Helper()
	folder := os.Getenv("STREAMREC_DATA")
	if folder == "" {
		t.Skip("STREAMREC_DATA names no folder with event files")
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := ReadCSV(f)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func streaming() *Streaming { return &Streaming{Model: model.New(model.DefaultParams())} }

// TestPrequentialREES46 replays a month of an electronics shop (REES46, January 2021). The parameters were tuned on the
// first half, the second is reported.
func TestPrequentialREES46(t *testing.T) {
	events := dataFile(t, "rees46-2021-01.csv.gz")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	o := Options{K: 20, Skip: len(events) / 2, Clock: cputime.Thread}
	ours := Prequential(events, streaming(), o)
	report(t, "model", ours)
	popular := Prequential(events, &Popularity{}, o)
	report(t, "popularity", popular)
	if ours.All.N != 20052 || ours.Unseen != 3368 {
		t.Errorf("%d predictions, %d of unseen items: the protocol differs from the published figures", ours.All.N, ours.Unseen)
	}
	atLeast(t, "HR@20", ours.All.HR(), .530)
	atLeast(t, "MRR@20", ours.All.MRR(), .238)
	atLeast(t, "HR@20 of new items", ours.New.HR(), .420)
	atLeast(t, "HR@20 above popularity", ours.All.HR()-popular.All.HR(), .35)
	if ours.Short > 0 {
		t.Errorf("%d lists are short", ours.Short)
	}
}

// TestBaselinesREES46 measures what others do on the same stream.
func TestBaselinesREES46(t *testing.T) {
	events := dataFile(t, "rees46-2021-01.csv.gz")
	o := Options{K: 20, Skip: len(events) / 2}
	vmis := Prequential(events, &VMIS{Sample: 500, Neighbours: 100, Items: 10, IDF: 1}, o)
	report(t, "VMIS-kNN", vmis)
	atLeast(t, "HR@20 of VMIS-kNN", vmis.All.HR(), .44)
	covisit := Prequential(events, &CoVisitation{}, o)
	report(t, "co-visitation", covisit)
	atLeast(t, "HR@20 of co-visitation", covisit.All.HR(), .46)
}

// TestOfflineSerenade repeats the published figures of VMIS-kNN on Serenade's sample (HR@20 .6402, MRR@20 .3277), and
// measures the model on it.
func TestOfflineSerenade(t *testing.T) {
	var train, test []Event
	for _, e := range dataFile(t, "serenade-toy.csv.gz") {
		switch e.Part {
		case "train":
			train = append(train, e)
		case "test":
			test = append(test, e)
		}
	}
	vmis := Offline(train, test, NewVMIS(), Options{K: 20})
	report(t, "VMIS-kNN", vmis)
	if vmis.All.N != 931 {
		t.Errorf("%d predictions, want 931", vmis.All.N)
	}
	if hr, mrr := vmis.All.HR(), vmis.All.MRR(); math.Abs(hr-.6402) > .004 || math.Abs(mrr-.3277) > .004 {
		t.Errorf("VMIS-kNN has HR@20 %.4f and MRR@20 %.4f, want the published .6402 and .3277", hr, mrr)
	}
	ours := Offline(train, test, streaming(), Options{K: 20})
	report(t, "model", ours)
	atLeast(t, "HR@20", ours.All.HR(), .69)
	atLeast(t, "MRR@20", ours.All.MRR(), .376)
}

func report(t *testing.T, name string, r Report) {
	t.Helper()
	t.Logf("%-13s all %v, new %v, revisit %v", name, r.All, r.New, r.Revisit)
	t.Logf("%-13s view %v, cart %v, purchase %v, unseen %d", "", r.ByType[model.View], r.ByType[model.Cart], r.ByType[model.Purchase], r.Unseen)
	if len(r.Recommending) > 0 {
		q, u := r.Recommending.Quantile, r.Updating.Quantile
		t.Logf("%-13s recommend p50 %v p99 %v, update p50 %v p99 %v of CPU time", "", q(.5), q(.99), u(.5), u(.99))
	}
}

func atLeast(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got < want {
		t.Errorf("%s is %.4f, want at least %.4f", what, got, want)
	}
}
