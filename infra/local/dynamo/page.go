package dynamo

import (
	"iter"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

// pageBytes ends a page: the item that reaches it is the last.
const pageBytes = 1 << 20

const (
	selectAll      = "ALL_ATTRIBUTES"
	selectSpecific = "SPECIFIC_ATTRIBUTES"
	selectCount    = "COUNT"
	selectIndex    = "ALL_PROJECTED_ATTRIBUTES"
)

// pageOptions are the parameters that Query and Scan share.
type pageOptions struct {
	substitutions
	capacityOption
	FilterExpression     *string
	ProjectionExpression *string
	Select               string
	Limit                *int
	ExclusiveStartKey    attr.Map
	ConsistentRead       bool
}

func (o *pageOptions) filterExpression() expression {
	return expression{"FilterExpression", o.FilterExpression}
}

func (o *pageOptions) projectionExpression() expression {
	return expression{"ProjectionExpression", o.ProjectionExpression}
}

func (o *pageOptions) check() error {
	return firstError(
		checkEnum("select", o.Select, selectSpecific, selectCount, selectAll, selectIndex),
		checkAtLeast("limit", o.Limit, 1),
		o.capacityOption.check(),
		o.checkSelect(),
	)
}

func (o *pageOptions) checkSelect() error {
	switch {
	case o.Select == selectIndex:
		return invalid("One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case o.Select == selectSpecific && o.ProjectionExpression == nil:
		return invalid("One or more parameter values were invalid: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case o.Select == selectAll && o.ProjectionExpression != nil:
		return invalid("One or more parameter values were invalid: Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES")
	case o.Select == selectCount && o.ProjectionExpression != nil:
		return invalid("One or more parameter values were invalid: Cannot specify the ProjectionExpression when choosing to get only the Count")
	default:
		return nil
	}
}

// view is what a page shows of the items it passes: those for which the filter holds, and of them the projection.
type view struct {
	filter     *expr.Condition
	projection *expr.Projection
}

// view parses filter and projection; scope.Unused is for the caller to ask.
func (o *pageOptions) view(scope *expr.Scope) (view, error) {
	filter, err := conditionOf(scope, o.filterExpression())
	if err != nil {
		return view{}, err
	}
	projection, err := optional(o.ProjectionExpression, scope.Projection)
	return view{filter, projection}, err
}

func (v view) check(s schema) error {
	return firstError(s.checkScalar(v.filter.Paths()), s.checkScalar(v.projection.Paths()))
}

// page is a run of rows.
type page struct {
	rows  []*row
	bytes int
	full  bool // there may be more
}

// newPage takes rows up to the limit or until they reach 1 MB.
func newPage(from iter.Seq[*row], limit *int) page {
	var p page
	for row := range from {
		p.rows = append(p.rows, row)
		p.bytes += row.size
		if p.full = p.bytes >= pageBytes || limit != nil && len(p.rows) >= *limit; p.full {
			break
		}
	}
	return p
}

// pageOutput is the response of Query and Scan.
type pageOutput struct {
	Items            []attr.Map `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey attr.Map  `json:",omitempty"`
	ConsumedCapacity *consumed `json:",omitempty"`
}

// output is what the request shows of a page of table t.
func (o *pageOptions) output(t *table, p page, v view, used *Usage) pageOutput {
	used.ReadUnits = readUnits(p.bytes, o.ConsistentRead)
	out := pageOutput{
		ScannedCount:     len(p.rows),
		ConsumedCapacity: o.consumed(t.settings.Name, used.ReadUnits),
	}
	items := make([]attr.Map, 0, len(p.rows))
	for _, row := range p.rows {
		if v.filter.Holds(row.item) {
			items = append(items, v.projection.Of(row.item))
		}
	}
	out.Count = len(items)
	if o.Select != selectCount {
		out.Items = items
	}
	if p.full {
		out.LastEvaluatedKey = t.schema.keyOf(p.rows[len(p.rows)-1].item)
	}
	return out
}
