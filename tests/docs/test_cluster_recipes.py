"""docs/cluster.md: its scripts and its RayJob do what the page says, where no cluster is needed.

The scripts run as printed, with stand-ins for what Slurm and Ray bring: what they would start is
held to what there is.
"""

import os
import re
import shlex
import subprocess

import pytest
from click.testing import CliRunner
from doc_blocks import ROOT, blocks, pages
from doc_pictures import draw_classes

from training.cli import cli
from training.study import build_study, select

if len(pages()) < 20:
    pytest.skip("docs isn't here", allow_module_level=True)

BLOCKS = blocks(ROOT / "docs" / "cluster.md")
FILES = {block.of: block.text for block in BLOCKS if block.kind == "file"}
SCRIPTS = [name for name in FILES if name.endswith(".sbatch")]
TYPED = [line for block in BLOCKS if block.kind == "commands"
         for line in block.text.splitlines() if line.startswith("homework ")]  # fmt: skip

STAND_INS = {
    "homework": 'echo "homework $@" >> "$CALLS"',
    "ray": """
        [ -z "${BROKEN:-}" ] || exit 1
        [ "$1" != status ] && { echo "on ${ON:-} ray $@" >> "$CALLS"; exec /bin/sleep 2; }
        n=$(grep -c "ray start" "$CALLS")
        for ((i = 0; i < n; i++)); do echo " 1 node_$i"; done
        [ "$n" -gt 0 ]
    """,
    "srun": """
        while [[ $1 == --* ]]; do [[ $1 == --nodelist=* ]] && nodes=${1#*=}; shift; done
        for node in ${nodes//,/ }; do ON=$node "$@" & done
        wait
    """,
    "scontrol": 'printf "%s\\n" n1 n2 n3',
    "hostname": 'echo "10.0.0.$ON fe80::1"',
    "sleep": "exec /bin/sleep 0.05",
}
"""Programs of a cluster: they note what they are asked, and `srun` runs it here."""


@pytest.fixture
def ran(tmp_path):
    """Give a function that runs a script as Slurm would and returns what it has started."""
    programs, calls = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    for name, text in STAND_INS.items():
        (programs / name).write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    activate = tmp_path / "shared" / "homework" / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.touch()

    def run(name, code=0, **more):
        calls.write_text("", encoding="utf-8")
        script = tmp_path / name
        script.write_text(FILES[name].replace("/shared/", f"{tmp_path}/shared/"), encoding="utf-8")
        asked = directives(FILES[name])
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "SLURM_CPUS_PER_TASK": asked["cpus-per-task"],
            "SLURM_JOB_NUM_NODES": asked.get("nodes", "1"),
            "SLURM_JOB_NODELIST": "n[1-3]",
            **more,
        }
        done = subprocess.run(
            ["bash", "-u", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return [line.replace(str(tmp_path), "") for line in calls.read_text("utf-8").splitlines()]

    return run


def directives(script):
    """Return what a script asks of Slurm, which reads `#SBATCH` up to the first command."""
    head = re.match(r"#!/bin/bash\n((?:#.*\n)*)", script)[1]
    found = re.findall(r"^#SBATCH --([a-z-]+)(?:=(\S+))?$", head, re.M)
    assert len(found) == script.count("#SBATCH")
    return dict(found)


def option(command, name):
    words = shlex.split(command)
    return words[words.index(name) + 1]


@pytest.fixture
def plans(small_world, tmp_path, monkeypatch):
    """Give a function that holds a command's options and names to what homework has."""
    monkeypatch.chdir(tmp_path)
    draw_classes(tmp_path / "shared" / "caltech101" / "101_ObjectCategories", 3, 9, (70, 66))

    def plan(command):
        program, *arguments = shlex.split(command)
        assert program == "homework"
        arguments = [re.sub("^/shared", f"{tmp_path}/shared", each) for each in arguments]
        arguments = [re.sub("^s3:", "memory:", each) for each in arguments]
        answer = CliRunner().invoke(cli, [*arguments, "--dry-run"])
        assert answer.exit_code == 0, answer.output or answer.exception
        return answer.output

    return plan


def test_the_page_has_what_it_speaks_of():
    assert len(SCRIPTS) == 3
    assert len(TYPED) >= 2


@pytest.mark.parametrize("command", TYPED)
def test_a_command_that_needs_a_cluster_is_one(plans, command):
    assert "scratch/baseline" in plans(command)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_ended_and_sent_again(name):
    asked = directives(FILES[name])
    assert asked["signal"].startswith("B:TERM@")
    assert "requeue" in asked
    last = FILES[name].replace("\\\n", " ").rstrip().splitlines()[-1]
    assert last.startswith("exec homework ")


def test_processes_of_one_machine_have_the_cpus_that_were_asked_for(ran, plans):
    (command,) = ran("machine.sbatch")
    assert "scratch/baseline" in plans(command)
    n_cpus = int(directives(FILES["machine.sbatch"])["cpus-per-task"])
    assert int(option(command, "--jobs")) * int(option(command, "--threads")) == n_cpus


def test_an_array_has_every_section_once(ran, plans):
    first, last = map(int, directives(FILES["array.sbatch"])["array"].split("-"))
    commands = [
        command
        for i in range(first, last + 1)
        for command in ran("array.sbatch", SLURM_ARRAY_TASK_ID=str(i))
    ]
    sections = [shlex.split(command)[2] for command in commands]
    listed = {each.section for each in select(build_study("reference"), ())}
    assert sorted(sections) == sorted(listed)
    assert "freezing/cnn" in plans(commands[sections.index("freezing")])


def test_ray_is_started_on_all_machines_before_the_list(ran, plans):
    *starts, command = ran("ray.sbatch")
    head, *others = sorted(starts)
    assert starts[0] == head
    assert head.startswith("on n1 ray start --head --block ")
    assert "--node-ip-address=10.0.0.n1 --port=6379" in head
    assert [other.split()[1] for other in others] == ["n2", "n3"]
    assert all("--address=10.0.0.n1:6379" in other for other in others)
    n_cpus = directives(FILES["ray.sbatch"])["cpus-per-task"]
    assert all(f"--num-cpus={n_cpus}" in start for start in starts)
    assert option(command, "--address") == "10.0.0.n1:6379"
    assert "scratch/baseline" in plans(command)


def test_a_cluster_that_does_not_start_ends_the_script(ran):
    assert not ran("ray.sbatch", code=1, BROKEN="yes")


KUBERAY = {
    "spec": (
        "activeDeadlineSeconds backoffLimit rayClusterSpec submitterPodTemplate metadata "
        "clusterSelector submitterConfig managedBy deletionStrategy entrypoint runtimeEnvYAML "
        "jobId submissionMode entrypointResources entrypointNumCpus entrypointNumGpus "
        "ttlSecondsAfterFinished shutdownAfterJobFinishes suspend"
    ),
    "cluster": (
        "headGroupSpec workerGroupSpecs rayVersion enableInTreeAutoscaling autoscalerOptions "
        "headServiceAnnotations suspend"
    ),
    "head": "serviceType headService enableIngress rayStartParams template",
    "workers": (
        "groupName replicas minReplicas maxReplicas numOfHosts rayStartParams template "
        "scaleStrategy suspend idleTimeoutSeconds"
    ),
}
"""The fields of `ray.io/v1` that KubeRay's rayjob_types.go and raycluster_types.go declare."""

NEEDED = {
    "cluster": {"headGroupSpec"},
    "head": {"rayStartParams", "template"},
    "workers": {"groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"},
}
"""Those of them that may not be left out."""


@pytest.fixture
def rayjob():
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    return yaml.safe_load(FILES["rayjob.yaml"])


def groups(rayjob):
    cluster = rayjob["spec"]["rayClusterSpec"]
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def test_the_ray_job_has_kuberays_fields(rayjob):
    cluster = rayjob["spec"]["rayClusterSpec"]
    head, *workers = groups(rayjob)
    assert (rayjob["apiVersion"], rayjob["kind"]) == ("ray.io/v1", "RayJob")
    parts = [("spec", rayjob["spec"]), ("cluster", cluster), ("head", head),
             *(("workers", each) for each in workers)]  # fmt: skip
    for kind, part in parts:
        assert set(part) <= set(KUBERAY[kind].split())
        assert set(part) >= NEEDED.get(kind, set())
    for each in workers:
        assert each["minReplicas"] <= each["replicas"] <= each["maxReplicas"]
    for group in groups(rayjob):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


def test_the_ray_jobs_machines_see_one_folder(rayjob, plans):
    command = rayjob["spec"]["entrypoint"]
    assert "scratch/baseline" in plans(command)
    for group in groups(rayjob):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        (mount,) = container["volumeMounts"]
        (volume,) = pod["volumes"]
        assert mount["name"] == volume["name"]
        assert volume["persistentVolumeClaim"]["claimName"] == "homework"
        places = [
            option(command, "--runs"),
            option(command, "--data"),
            container["env"][0]["value"],
        ]
        assert container["env"][0]["name"] == "HOMEWORK_CACHE"
        assert all(place.startswith(f"{mount['mountPath']}/") for place in places)
        assert container["resources"]["limits"] == container["resources"]["requests"]


def test_the_image_has_the_ray_that_the_job_names(rayjob):
    version = rayjob["spec"]["rayClusterSpec"]["rayVersion"]
    assert f":{version}-py3" in FILES["Dockerfile"]
    assert (
        len({group["template"]["spec"]["containers"][0]["image"] for group in groups(rayjob)}) == 1
    )
