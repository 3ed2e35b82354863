package check

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// kinds are the types of what is deployed.
var kinds = map[string]func() any{
	"v1/ServiceAccount": func() any { return &corev1.ServiceAccount{} }, "v1/ConfigMap": func() any { return &corev1.ConfigMap{} },
	"v1/Service": func() any { return &corev1.Service{} }, "apps/v1/Deployment": func() any { return &appsv1.Deployment{} },
	"policy/v1/PodDisruptionBudget":           func() any { return &policyv1.PodDisruptionBudget{} },
	"monitoring.coreos.com/v1/ServiceMonitor": func() any { return &serviceMonitor{} }, "keda.sh/v1alpha1/ScaledObject": func() any { return &scaledObject{} },
}

type serviceMonitor struct {
	metav1.TypeMeta
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port          string `json:"port"`
			Path          string `json:"path"`
			Interval      string `json:"interval"`
			Authorization struct {
				Type        string                   `json:"type"`
				Credentials corev1.SecretKeySelector `json:"credentials"`
			} `json:"authorization"`
		} `json:"endpoints"`
	} `json:"spec"`
}

type scaledObject struct {
	metav1.TypeMeta
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		PollingInterval int32 `json:"pollingInterval"`
		MinReplicaCount int32 `json:"minReplicaCount"`
		MaxReplicaCount int32 `json:"maxReplicaCount"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []struct {
			Type       string            `json:"type"`
			MetricType string            `json:"metricType"`
			Metadata   map[string]string `json:"metadata"`
		} `json:"triggers"`
	} `json:"spec"`
}

// manifests reads all documents of all files, by kind and name.
func manifests(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob("../*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests, %v", err)
	}
	all := map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			name, object, err := decode(document)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all[name] = object
		}
	}
	return all
}

func decode(document []byte) (name string, object any, err error) {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return "", nil, err
	}
	kind := head.APIVersion + "/" + head.Kind
	if kinds[kind] == nil {
		return "", nil, fmt.Errorf("nobody knows %s", kind)
	}
	object = kinds[kind]()
	return head.Kind + "/" + head.Metadata.Name, object, yaml.UnmarshalStrict(document, object)
}

// deployment is that of the workers.
func deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d, ok := manifests(t)["Deployment/streamrec-worker"].(*appsv1.Deployment)
	if !ok {
		t.Fatal("no deployment")
	}
	return d
}

func TestManifestsAreStrict(t *testing.T) {
	all := manifests(t)
	for _, name := range []string{
		"ServiceAccount/streamrec-worker", "ConfigMap/streamrec", "Deployment/streamrec-worker", "PodDisruptionBudget/streamrec-worker", "Service/streamrec",
		"Service/streamrec-admin", "ServiceMonitor/streamrec", "ScaledObject/streamrec-worker",
	} {
		if all[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	if _, _, err := decode([]byte("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {portz: []}\n")); err == nil {
		t.Error("a field that does not exist is accepted")
	}
}
