"""Start the scheduler that workers and `kit autograde --scheduler` meet at.

`kit autograde --scheduler` has the workers of a dask (https://distributed.dask.org) scheduler run submissions: the
same jobs, the same results. The books and the course's secret stay where the command runs. On one machine, each in
a terminal of its own:

    ./grading/kit scheduler                                    # tcp://127.0.0.1:8786, for this machine alone
    ./grading/kit worker tcp://127.0.0.1:8786 --jobs 4
    ./grading/kit autograde assignment1 --scheduler tcp://127.0.0.1:8786

Whoever reaches a scheduler's or a worker's port can run programs there (other users of this machine, the loopback
one). So beyond the loopback an address is `tls://`; plain `tcp://` is refused, unless you say `--without-tls`. One
file lets in, and it alone; make one for a month, and keep it as you keep a password:

    openssl req -x509 -newkey rsa:3072 -nodes -days 30 -subj /CN=kit -keyout key.pem -out cert.pem
    cat key.pem cert.pem > cluster.pem && rm key.pem cert.pem && chmod 600 cluster.pem

Over ssh, with the kit's folder at the same commit on every machine (`desk` is this one, as the others see it):

    ./grading/kit scheduler tls://0.0.0.0:8786 --tls-cert cluster.pem &
    for host in lab1 lab2; do
        scp -p cluster.pem $host:kit/
        ssh -tt $host 'cd kit && ./grading/kit worker tls://desk:8786 --tls-cert cluster.pem' < /dev/null &
    done
    ./grading/kit autograde assignment1 --scheduler tls://127.0.0.1:8786 --tls-cert cluster.pem

On Kubernetes, with an image of what git tracks, so without submissions and secret:

    git archive HEAD | docker build --file grading/Dockerfile --tag REGISTRY/kit - && docker push REGISTRY/kit
    kubectl create secret generic kit-tls --from-file=cluster.pem
    sed 's#IMAGE#REGISTRY/kit#' grading/kubernetes.yaml | kubectl apply --filename -
    kubectl scale deployment kit-worker --replicas 50
    kubectl port-forward service/kit-scheduler 8786 &
    ./grading/kit autograde assignment1 --scheduler tls://127.0.0.1:8786 --tls-cert cluster.pem

Other ways to start dask's workers do as well (`dask worker ADDRESS --nthreads 1`, dask-jobqueue), where the
scheduler and they can import `grading`. A worker whose kit, Python or libraries differ from yours is refused, with
a sentence; so is one without a sandbox. What a lost worker had is graded elsewhere, after all others; a submission
that three workers were lost with is set aside. When the scheduler is gone for more than a minute, the run ends; the
same command goes on.
"""

import asyncio

from grading import commands
from grading.commands import door_options

PLACE = 53
NEEDS = ("cluster",)


def arguments(parser) -> None:
    parser.add_argument("address", metavar="ADDRESS", nargs="?", default="tcp://127.0.0.1",
                        help="where to listen (default: tcp://127.0.0.1:8786, for this machine alone)")
    door_options(parser)


def run(options) -> int:
    door = commands.door(options, options.address)

    from grading.autograde import serving

    asyncio.run(serving.scheduler(door))
    return 0
