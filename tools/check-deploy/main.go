// Command check-deploy reads deploy/'s Dockerfile, compose file and Kubernetes
// manifests as those who run them do: a key they do not know, a value of the wrong type or
// a reference to nothing is an error. It has its own go.mod, since their types
// are many and Paddock needs none.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check-deploy DIRECTORY")
		os.Exit(2)
	}
	dir := os.Args[1]
	if err := errors.Join(dockerfile(filepath.Join(dir, "Dockerfile")), compose(filepath.Join(dir, "compose.yaml")), kubernetes(filepath.Join(dir, "kubernetes/paddock.yaml"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dockerfile parses it as BuildKit does, and sees that what is copied between
// stages has a stage.
func dockerfile(file string) error {
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	ast, err := parser.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	stages, _, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var errs []error
	for _, s := range stages {
		for _, c := range s.Commands {
			if c, ok := c.(*instructions.CopyCommand); ok && c.From != "" {
				if _, ok := instructions.HasStage(stages, c.From); !ok {
					errs = append(errs, fmt.Errorf("%s: nothing is called %s", file, c.From))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// compose loads the file with its variables set, as docker compose config does.
func compose(file string) error {
	o, err := cli.NewProjectOptions([]string{file}, cli.WithName("paddock"), cli.WithEnv([]string{
		"POSTGRES_PASSWORD=p", "PADDOCK_DB_PASSWORD=d", "PADDOCK_REQUESTS_PASSWORD=r", "PADDOCK_SECRET=s", "PADDOCK_BASE_URL=https://myapp.com", "SMTP_URL=smtp://mail:25", "PADDOCK_MAIL_FROM=crm@myapp.com",
	}))
	if err != nil {
		return err
	}
	_, err = o.LoadProject(context.Background())
	return err
}

// kubernetes decodes each manifest strictly, and sees that what selects pods
// selects some and that mounts and ports have names that exist.
func kubernetes(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var pods []corev1.PodTemplateSpec
	var selectors []labels.Selector
	var errs []error
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var t metav1.TypeMeta
		if err := yaml.Unmarshal(doc, &t); err != nil {
			return err
		}
		switch t.APIVersion + " " + t.Kind {
		case "batch/v1 Job":
			var x batchv1.Job
			errs = append(errs, yaml.UnmarshalStrict(doc, &x))
			pods = append(pods, x.Spec.Template)
		case "apps/v1 Deployment":
			var x appsv1.Deployment
			errs = append(errs, yaml.UnmarshalStrict(doc, &x))
			pods = append(pods, x.Spec.Template)
			s, err := metav1.LabelSelectorAsSelector(x.Spec.Selector)
			errs, selectors = append(errs, err), append(selectors, s)
		case "v1 Service":
			var x corev1.Service
			errs = append(errs, yaml.UnmarshalStrict(doc, &x))
			selectors = append(selectors, labels.SelectorFromSet(x.Spec.Selector))
		case "networking.k8s.io/v1 NetworkPolicy":
			var x networkingv1.NetworkPolicy
			errs = append(errs, yaml.UnmarshalStrict(doc, &x))
			s, err := metav1.LabelSelectorAsSelector(&x.Spec.PodSelector)
			errs, selectors = append(errs, err), append(selectors, s)
		case "policy/v1 PodDisruptionBudget":
			var x policyv1.PodDisruptionBudget
			errs = append(errs, yaml.UnmarshalStrict(doc, &x))
			s, err := metav1.LabelSelectorAsSelector(x.Spec.Selector)
			errs, selectors = append(errs, err), append(selectors, s)
		default:
			errs = append(errs, fmt.Errorf("%s: %q is not known here", file, t.APIVersion+" "+t.Kind))
		}
	}
	for _, s := range selectors {
		if !selects(s, pods) {
			errs = append(errs, fmt.Errorf("%s: %s selects no pod", file, s))
		}
	}
	for _, p := range pods {
		volumes := map[string]bool{}
		for _, v := range p.Spec.Volumes {
			volumes[v.Name] = true
		}
		for _, c := range p.Spec.Containers {
			for _, m := range c.VolumeMounts {
				if !volumes[m.Name] {
					errs = append(errs, fmt.Errorf("%s: %s mounts %s, which is no volume", file, c.Name, m.Name))
				}
			}
			ports := map[string]bool{}
			for _, p := range c.Ports {
				ports[p.Name] = true
			}
			for _, probe := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe} {
				if probe != nil && !ports[probe.HTTPGet.Port.StrVal] {
					errs = append(errs, fmt.Errorf("%s: %s is probed on %s, which is no port", file, c.Name, probe.HTTPGet.Port.StrVal))
				}
			}
		}
	}
	if len(pods) == 0 {
		errs = append(errs, fmt.Errorf("%s: %w", file, io.ErrUnexpectedEOF))
	}
	return errors.Join(errs...)
}

func selects(s labels.Selector, pods []corev1.PodTemplateSpec) bool {
	for _, p := range pods {
		if s.Matches(labels.Set(p.Labels)) {
			return true
		}
	}
	return false
}
