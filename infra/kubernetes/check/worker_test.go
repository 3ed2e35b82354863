package check

import (
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestWorkerIsContained(t *testing.T) {
	pod := deployment(t).Spec.Template.Spec
	c := pod.Containers[0]
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || *s.RunAsUser == 0 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod may be root, or may call anything: %+v", s)
	}
	if s := c.SecurityContext; s == nil || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !slices.Contains(s.Capabilities.Drop, "ALL") {
		t.Errorf("the container may too much: %+v", s)
	}
	if *pod.AutomountServiceAccountToken || len(pod.TopologySpreadConstraints) != 2 || c.Lifecycle != nil {
		t.Error("the pod has a token of Kubernetes, is not spread, or has a hook")
	}
	if c.Resources.Limits.Memory().Value() != 1<<30 || env(c)["GOMEMLIMIT"] != "920MiB" {
		t.Errorf("the limits differ: %v and %s", c.Resources.Limits.Memory(), env(c)["GOMEMLIMIT"])
	}
}

// env is what the container gets as text.
func env(c corev1.Container) map[string]string {
	out := map[string]string{}
	for _, e := range c.Env {
		out[e.Name] = e.Value
	}
	return out
}

// TestGraceIsLongerThanTheHandOff leaves room for the last commits: S3 gets 10 s for a request.
func TestGraceIsLongerThanTheHandOff(t *testing.T) {
	pod := deployment(t).Spec.Template.Spec
	bound, err := time.ParseDuration(env(pod.Containers[0])["STREAMREC_SHUTDOWN_GRACE"])
	if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; err != nil || grace < bound+30*time.Second {
		t.Errorf("a worker that hands over for %v is killed after %v, %v", bound, grace, err)
	}
}

// TestProbesAskTheOperatorsServer holds paths and port, which infra/admin serves.
func TestProbesAskTheOperatorsServer(t *testing.T) {
	c := deployment(t).Spec.Template.Spec.Containers[0]
	for path, probe := range map[string]*corev1.Probe{"/livez": c.LivenessProbe, "/readyz": c.ReadinessProbe, "/startupz": c.StartupProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port != intstr.FromString("admin") {
			t.Errorf("%s is not asked: %+v", path, probe)
		}
	}
	ports := map[string]int32{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if !maps.Equal(ports, map[string]int32{"http": 8080, "admin": 9090}) || env(c)["STREAMREC_HTTP"] != ":8080" || env(c)["STREAMREC_ADMIN"] != ":9090" {
		t.Errorf("the ports are %v, the worker listens on %s and %s", ports, env(c)["STREAMREC_HTTP"], env(c)["STREAMREC_ADMIN"])
	}
}

// TestSelectorsSelect holds that everything that selects pods, or services, finds them.
func TestSelectorsSelect(t *testing.T) {
	all := manifests(t)
	pod := labels.Set(deployment(t).Spec.Template.Labels)
	match := func(what string, selector *metav1.LabelSelector, has labels.Set) {
		t.Helper()
		if s, err := metav1.LabelSelectorAsSelector(selector); err != nil || s.Empty() || !s.Matches(has) {
			t.Errorf("%s selects nothing: %v", what, err)
		}
	}
	match("deployment", deployment(t).Spec.Selector, pod)
	match("budget", all["PodDisruptionBudget/streamrec-worker"].(*policyv1.PodDisruptionBudget).Spec.Selector, pod)
	for _, name := range []string{"Service/streamrec", "Service/streamrec-admin"} {
		match(name, &metav1.LabelSelector{MatchLabels: all[name].(*corev1.Service).Spec.Selector}, pod)
	}
	for _, c := range deployment(t).Spec.Template.Spec.TopologySpreadConstraints {
		match("spread over "+c.TopologyKey, c.LabelSelector, pod)
	}
	monitor, admin := all["ServiceMonitor/streamrec"].(*serviceMonitor), all["Service/streamrec-admin"].(*corev1.Service)
	match("monitor", &monitor.Spec.Selector, admin.Labels)
	if monitor.Spec.Endpoints[0].Port != admin.Spec.Ports[0].Name || !mounts(t, monitor.Spec.Endpoints[0].Authorization.Credentials.Name) {
		t.Error("Prometheus asks another port, or shows another token")
	}
	if all["ScaledObject/streamrec-worker"].(*scaledObject).Spec.ScaleTargetRef.Name != deployment(t).Name {
		t.Error("something else is scaled")
	}
}

// mounts reports whether the pod has a secret.
func mounts(t *testing.T, secret string) bool {
	t.Helper()
	return slices.ContainsFunc(deployment(t).Spec.Template.Spec.Volumes, func(v corev1.Volume) bool { return v.Secret != nil && v.Secret.SecretName == secret })
}
