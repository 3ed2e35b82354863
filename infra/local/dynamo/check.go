package dynamo

import (
	"slices"
	"strings"
)

// constrain words a violated constraint of one member of a request, as DynamoDB's generated checks do.
func constrain(value any, member, constraint string) *fault {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// checkEnum accepts one of the allowed values, or nothing.
func checkEnum(member, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return constrain(value, member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

// checkAtLeast accepts nothing, or a number from minimum up.
func checkAtLeast(member string, value *int, minimum int) error {
	if value == nil || *value >= minimum {
		return nil
	}
	return constrain(*value, member, "Member must have value greater than or equal to "+itoa(minimum))
}

// checkCount accepts lists of minimum to maximum elements.
func checkCount(member string, count, minimum, maximum int) error {
	switch {
	case count < minimum:
		return constrain(count, member, "Member must have length greater than or equal to "+itoa(minimum))
	case count > maximum:
		return constrain(count, member, "Member must have length less than or equal to "+itoa(maximum))
	default:
		return nil
	}
}

func checkPresent(member string, present bool) error {
	if present {
		return nil
	}
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

const tableNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

// checkTableName accepts 3 to 255 letters, digits, underscores, dots and hyphens.
func checkTableName(name string) error {
	switch {
	case name == "":
		return checkPresent("tableName", false)
	case strings.Trim(name, tableNameLetters) != "":
		return constrain(name, "tableName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	case len(name) < 3:
		return constrain(name, "tableName", "Member must have length greater than or equal to 3")
	case len(name) > 255:
		return constrain(name, "tableName", "Member must have length less than or equal to 255")
	default:
		return nil
	}
}

// firstError is the first of several checks that failed. All of them have been made, so none may rely on another.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
