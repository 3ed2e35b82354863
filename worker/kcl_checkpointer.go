package worker

import (
	chk "github.com/vmware/vmware-go-kcl-v2/clientlibrary/checkpoint"
	par "github.com/vmware/vmware-go-kcl-v2/clientlibrary/partition"

	"github.com/streamrec/streamrec/worker/lease"
)

// kclCheckpointer is what the KCL takes for its lease table. The coordinator takes and keeps the leases; here the event loop
// learns which it may run, and the coordinator that a consumer has ended.
type kclCheckpointer struct{ worker *Worker }

var _ chk.Checkpointer = (*kclCheckpointer)(nil)

// Init implements checkpoint.Checkpointer.
func (c *kclCheckpointer) Init() error { return nil }

// GetLease implements checkpoint.Checkpointer. With renewal off only the event loop calls it, to acquire. It refuses a shard whose
// previous consumer has not returned from RemoveLeaseOwner, since that one is still registered.
func (c *kclCheckpointer) GetLease(s *par.ShardStatus, worker string) error {
	if !c.worker.shards.claim(s.ID) {
		return chk.ErrLeaseNotAcquired{}
	}
	s.SetLeaseOwner(worker)
	return nil
}

// FetchCheckpoint implements checkpoint.Checkpointer. It never sets the owner, and clears what an earlier term left in the cache.
// Reading begins where the processor says, whatever the KCL makes of this.
func (c *kclCheckpointer) FetchCheckpoint(s *par.ShardStatus) error {
	found := c.worker.shards.find(s.ID)
	if found == nil {
		return errEnded
	}
	at := found.term.Lease().Checkpoint
	if at.Type != lease.AfterSequenceNumber {
		s.SetCheckpoint("")
		return chk.ErrSequenceIDNotFound
	}
	s.SetCheckpoint(at.Value)
	return nil
}

// RemoveLeaseOwner implements checkpoint.Checkpointer. It is the one hook that runs at every end of a consumer, whatever the
// cause, and before the shard can be claimed again.
func (c *kclCheckpointer) RemoveLeaseOwner(id string) error {
	if s := c.worker.shards.running(id); s != nil {
		s.finish()
		c.worker.shards.remove(s)
	}
	return nil
}

// CheckpointSequence implements checkpoint.Checkpointer. Processors checkpoint through their term; nobody calls this.
func (c *kclCheckpointer) CheckpointSequence(*par.ShardStatus) error { return errEnded }

// RemoveLeaseInfo implements checkpoint.Checkpointer. The KCL calls it for shards that it does not see any more, which here
// means that another worker has them: the row stays.
func (c *kclCheckpointer) RemoveLeaseInfo(string) error { return nil }

// GetLeaseOwner implements checkpoint.Checkpointer. Nobody calls it.
func (c *kclCheckpointer) GetLeaseOwner(string) (string, error) { return "", chk.ErrShardNotAssigned }

// ListActiveWorkers implements checkpoint.Checkpointer. Lease stealing, which would call it, is off.
func (c *kclCheckpointer) ListActiveWorkers(map[string]*par.ShardStatus) (map[string][]*par.ShardStatus, error) {
	return nil, chk.ErrShardNotAssigned
}

// ClaimShard implements checkpoint.Checkpointer. Lease stealing, which would call it, is off.
func (c *kclCheckpointer) ClaimShard(*par.ShardStatus, string) error {
	return chk.ErrLeaseNotAcquired{}
}
