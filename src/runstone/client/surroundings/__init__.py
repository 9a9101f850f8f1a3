"""What made a run: found out once a process, off the calling thread, and kept as tags and small artifacts.

`tags` finds what a run is told at once, without starting a process. `record` gathers the rest from `machine`, `git` and
`distributions`; `masking` keeps secrets out of it; `data_files` makes digests of data; `recorder` attaches all that to
runs, in the thread of a `worker`.
"""
