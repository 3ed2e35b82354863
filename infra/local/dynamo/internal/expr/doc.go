// Package expr is DynamoDB's expression language: conditions and filters, updates, projections and key conditions.
//
// A Scope holds what one request substitutes (ExpressionAttributeNames and ExpressionAttributeValues). Its methods parse the
// request's expressions, and Unused then reports substitutions that no expression used:
//
//	scope, err := expr.NewScope(names, values)
//	update, err := scope.Update("SET leaseOwner = :me REMOVE inbox")
//	condition, err := scope.Condition(expr.ConditionExpression, "leaseOwner = :old AND leaseCounter = :n")
//	err = scope.Unused()
//	…
//	if condition.Holds(item) { item, err = update.Apply(key, item) }
//
// Every error is an *Error (a sum out of range an *attr.Error) whose text is the message of DynamoDB's ValidationException. Parsed expressions are immutable and
// evaluation never changes an item: Update.Apply shares what it did not touch with the old item.
//
// # How it works
//
// lexer.go cuts the text into tokens; parser.go holds what all grammars share. The grammar of conditions is in
// conditionparser.go, its nodes in condition.go, operand.go and function.go; the grammar of updates is in updateparser.go and
// sourceparser.go, its nodes in update.go and source.go; key.go restricts a condition to the form that a Query needs. tree.go
// arranges the paths of an update or a projection by their common prefixes: because paths may not overlap, one walk down the
// tree rewrites or copies exactly what is named.
//
// # Non-obvious
//
//   - A syntax error anywhere wins over an error of meaning, wherever that is: the parser notes the first of the latter and
//     goes on.
//   - Types are checked twice, as in DynamoDB: an operand that is written in the request and cannot fit is an error at once;
//     one that comes from the item makes a comparison false, or an update fail.
//   - x <> y is true when x or y is missing; every other comparison with a missing attribute is false, = included.
//   - All indexes and all right-hand sides of an update refer to the item as it was before the update.
//   - Parentheses are used to group, never twice around the same thing: that is an error of its own.
package expr
