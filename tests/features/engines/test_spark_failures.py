"""The one line of a failure is its cause; texts as Spark 4.3 gives them, cut where they repeat."""

from __future__ import annotations

import pytest

from features.engines.spark_failures import SparkFailed, failure_of, useful_line

WORKER = """An error occurred while calling o95.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 in stage 4.0 failed \
4 times, most recent failure: Lost task 1.3 in stage 4.0 (TID 16) (10.0.0.7 executor 1): \
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/env/lib/python3.11/site-packages/pyspark/worker.py", line 3000, in main
    process()
  File "/opt/env/lib/python3.11/site-packages/models/arrears.py", line 60, in raw
    block = values[rows]
lightgbm.basic.LightGBMError: The number of features in data (3) is not the same as it was (4)

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(x.scala:1)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
\t... 1 more
"""
NO_PYTHON = """An error occurred while calling z:PythonRDD.collectAndServe.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed \
4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 9) (10.0.0.7 executor 0): \
java.io.IOException: Cannot run program "python3": error=2, No such file or directory
\tat java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
Caused by: java.io.IOException: Cannot run program "python3": error=2, No such file or directory
\tat java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
Caused by: java.io.IOException: error=2, No such file or directory
\t... 19 more
"""
NO_CAUSE = """An error occurred while calling o1.parquet.
: org.apache.hadoop.fs.s3a.UnknownStoreException: `s3a://records/': Bucket does not exist
\tat org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:1)
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            WORKER,
            "lightgbm.basic.LightGBMError: The number of features in data (3)"
            " is not the same as it was (4)",
        ),
        (
            NO_PYTHON,
            'java.io.IOException: Cannot run program "python3": error=2, No such file or directory',
        ),
        (
            NO_CAUSE,
            "org.apache.hadoop.fs.s3a.UnknownStoreException: `s3a://records/':"
            " Bucket does not exist",
        ),
        ("[SCHEMA] The column is missing.\n", "[SCHEMA] The column is missing"),
        ("", "Exception"),
    ],
)
def test_useful_line_names_the_cause(text, line):
    assert useful_line(Exception(text)) == line
    failure = failure_of(Exception(text))
    assert isinstance(failure, SparkFailed)
    assert failure.fields["detail"] == line
