package cloudformation

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is a file of this folder, with its functions as maps of one key, such as {"Ref": name}.
type template map[string]any

// read reads a template.
func read(t *testing.T, path string) template {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	value, err := plain(root.Content[0])
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return template(value.(map[string]any))
}

// plain turns a node into maps, lists and text. Numbers and booleans are text, as they are for CloudFormation in the end.
func plain(n *yaml.Node) (any, error) {
	value, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return value, err
	}
	name := n.Tag[1:]
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return map[string]any{name: value}, nil
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %s is there twice", n.Content[i].Line, key)
			}
			v, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	}
	return nil, fmt.Errorf("line %d: neither text nor list nor map", n.Line)
}

// at follows a path of keys; nil when there is nothing.
func at(v any, path ...string) any {
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// property is that of a resource.
func (t template) property(resource string, path ...string) any {
	return at(map[string]any(t), append([]string{"Resources", resource, "Properties"}, path...)...)
}

// ofType are the resources of a type.
func (t template) ofType(kind string) (names []string) {
	resources, _ := t["Resources"].(map[string]any)
	for name, r := range resources {
		if at(r, "Type") == kind {
			names = append(names, name)
		}
	}
	return names
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

// resolve replaces Ref and Sub by what the values say. Other functions stay.
func resolve(v any, values map[string]string) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = resolve(v[i], values)
		}
		return out
	case map[string]any:
		if name, ok := v["Ref"].(string); ok && values[name] != "" {
			return values[name]
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return placeholder.ReplaceAllStringFunc(text, func(p string) string {
				if value := values[p[2:len(p)-1]]; value != "" {
					return value
				}
				return p
			})
		}
		out := map[string]any{}
		for key, value := range v {
			out[key] = resolve(value, values)
		}
		return out
	}
	return v
}
