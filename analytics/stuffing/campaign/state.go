package campaign

import (
	"cmp"
	"slices"

	"github.com/vmihailenco/msgpack/v5"

	"redshank/analytics/event"
	"redshank/analytics/state"
	"redshank/analytics/stuffing/attack"
)

const tableCampaigns = "campaigns"

// savedCampaign is a campaign as it is saved, as an array: another field, or another
// meaning of one, changes analytics.StateFormat. All campaigns are saved at most once a chunk.
type savedCampaign struct {
	Incident           string
	Keys               []uint64
	Tenant             bool
	Began, End, Opened int64
	Pause              int64
	Clients            []event.ClientKey
	Tools              []uint32
	Sample             []uint64
	Only               []uint32
	Recent             []int64
	Origin             origin
	Parted             bool
	Elsewhere          []uint32
}

func (k *Campaign) saved() *savedCampaign {
	s := &savedCampaign{Incident: k.Incident.ID, Keys: k.keys, Tenant: k.tenant, Began: k.Began, End: k.End, Opened: k.opened, Pause: k.pause, Tools: k.tools, Only: k.only, Recent: k.recent, Origin: k.origin, Parted: k.parted, Elsewhere: k.elsewhere}
	for c := range k.clients {
		s.Clients = append(s.Clients, c)
	}
	for a := range k.sample {
		s.Sample = append(s.Sample, a)
	}
	return s
}

func (in *savedCampaign) restored(i *attack.Attack) *Campaign {
	k := &Campaign{Incident: i, Began: in.Began, End: in.End, keys: in.Keys, opened: in.Opened, pause: in.Pause, tools: in.Tools, recent: in.Recent, searched: [...]int64{in.Began, in.End},
		nature:  nature{tenant: in.Tenant, only: in.Only, parted: in.Parted, origin: in.Origin, elsewhere: in.Elsewhere},
		clients: map[event.ClientKey]struct{}{}, sample: map[uint64]struct{}{}}
	for _, c := range in.Clients {
		k.clients[c] = struct{}{}
	}
	for _, a := range in.Sample {
		k.sample[a] = struct{}{}
	}
	return k
}

// Table returns the table of the campaigns.
func (s *Set) Table() state.Table {
	return state.Table{Name: tableCampaigns, Restore: s.restore, Changes: s.save, Loaded: s.loaded}
}

func (s *Set) restore(_, value []byte) error {
	var in savedCampaign
	if err := msgpack.Unmarshal(value, &in); err != nil {
		return err
	}
	i := attack.ByID(s.finder.tracker, in.Incident)
	if i == nil {
		return nil
	}
	k := in.restored(i)
	s.list = append(s.list, k)
	for _, key := range k.keys {
		s.byTrait[key] = k
	}
	return nil
}

// loaded restores the order in which the campaigns opened.
func (s *Set) loaded() {
	slices.SortFunc(s.list, func(a, b *Campaign) int {
		return cmp.Or(cmp.Compare(a.opened, b.opened), cmp.Compare(a.Incident.ID, b.Incident.ID))
	})
}

func (s *Set) save(w *state.Writer) {
	for _, k := range s.list {
		w.Encode(tableCampaigns, k.saved())
		w.Put(tableCampaigns, []byte(k.Incident.ID), true)
	}
}
