"""The record of what the clock did: one row per job and slot, so that two clocks are harmless."""

from datetime import datetime

from django.db import models


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def last_finished_at(self, job: str) -> datetime | None:
        """When a job last came to its end; None when it never did."""
        last: datetime | None = self.filter(job=job).aggregate(last=models.Max("finished_at"))["last"]
        return last


class JobRun(models.Model):
    """`slot` is the number of the interval since 1970 (UTC) in which the job ran; `rows` is how many it changed."""

    job = models.CharField(max_length=40)
    slot = models.BigIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.IntegerField(default=0)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["job", "-finished_at"], name="job_run_latest")]
        constraints = [models.UniqueConstraint(fields=["job", "slot"], name="job_run_once_per_slot")]

    def __str__(self) -> str:
        return f"{self.job} {self.slot}"
