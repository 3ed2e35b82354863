// Package chart has the look of all pictures that the tools draw, and draws several of them below each other.
//
//	p := chart.New("Hit rate")
//	line, err := chart.Line(xys, 0)   // in the first of chart.Colours
//	p.Add(line)
//	labels := &chart.Labels{}         // beside the picture; p.Legend is in it
//	labels.Add("ours", line)
//	p.Add(labels)
//	err = chart.Save(path, 9*vg.Inch, 5*vg.Inch, []float64{1}, p)
//
// Check says beforehand why Save could not write a file.
package chart
