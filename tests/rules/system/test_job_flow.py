"""What people can do to a job, in each of its states."""

from __future__ import annotations

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.system.job_flow import JOB_FLOW, JobState, JobVerb

LEGAL = {
    JobState.WAITING: {JobVerb.CANCEL: JobState.CANCELLED},
    JobState.RUNNING: {JobVerb.CANCEL: JobState.RUNNING},
    JobState.DONE: {},
    JobState.FAILED: {JobVerb.RETRY: JobState.WAITING},
    JobState.CANCELLED: {},
}


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("verb", list(JobVerb))
def test_every_step(state: JobState, verb: JobVerb):
    if verb in LEGAL[state]:
        assert JOB_FLOW.after(state, verb) is LEGAL[state][verb]
    else:
        with pytest.raises(IllegalTransition):
            JOB_FLOW.after(state, verb)
