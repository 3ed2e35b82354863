package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/streamrec/streamrec/model"
)

// modelParams returns the defaults with some parameters changed, each as Name=value. Names are those of the fields of
// model.Params in any case; a weight per event type is three numbers with slashes between.
func modelParams(changes []string) (model.Params, error) {
	p := model.DefaultParams()
	var errs []error
	for _, change := range changes {
		name, value, ok := strings.Cut(change, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("%q is not Name=value", change))
			continue
		}
		if err := setParam(&p, strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return p, err
	}
	if err := lookFurther(p); err != nil {
		return p, err
	}
	return p, p.Validate()
}

// lookFurther says which parameters belong together where one of them has been changed alone: what is looked at of an item has to be kept.
func lookFurther(p model.Params) error {
	most := max(p.Scan, p.HopScan)
	if p.PerItem < 1 || most <= p.PerItem {
		return nil
	}
	kept := p.PerItem
	if kept == model.DefaultParams().PerItem { // then it is the other that was changed
		kept = min(most, 1000)
	}
	return fmt.Errorf("with Scan=%d and HopScan=%d more would be looked at than is kept with PerItem=%d: set them together, as in PerItem=%d,Scan=%d,HopScan=%d",
		p.Scan, p.HopScan, p.PerItem, kept, min(p.Scan, kept), min(p.HopScan, kept))
}

func setParam(p *model.Params, name, value string) error {
	field := reflect.ValueOf(p).Elem().FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, name) })
	if !field.IsValid() {
		return fmt.Errorf("there is no parameter %q; there are %s", name, strings.Join(paramNames(), ", "))
	}
	if err := setField(field, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// setField parses a number, a duration, or as many numbers as an array has.
func setField(field reflect.Value, value string) error {
	switch field.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 90m or 24h", value)
		}
		field.SetInt(int64(d))
		return nil
	case [3]model.Permille:
		parts := strings.Split(value, "/")
		if len(parts) != field.Len() {
			return fmt.Errorf("%q is not %d numbers with slashes between", value, field.Len())
		}
		var errs []error
		for i, part := range parts {
			errs = append(errs, setField(field.Index(i), part))
		}
		return errors.Join(errs...)
	}
	if field.Kind() == reflect.Bool {
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		field.SetBool(b)
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", value)
	}
	field.SetInt(int64(n))
	return nil
}

func paramNames() []string {
	t := reflect.TypeFor[model.Params]()
	var names []string
	for i := range t.NumField() {
		names = append(names, t.Field(i).Name)
	}
	return names
}

// nameOf describes the parameters of a run.
func nameOf(changes []string) string {
	if len(changes) == 0 {
		return "defaults"
	}
	return strings.Join(changes, ", ")
}
