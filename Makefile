# The commands of this project. Only Python 3.11 and make are assumed; `make run` and `make test` are the two to know.
#   make run             build .venv, prepare the database and the demo, start everything; Ctrl-C stops it
#   make run DETACH=1    the same in the background: returns when the site is ready; `make stop` ends it
#   make test            run the tests on every database found here; BTR_TIERS=all makes a missing one an error
#   make walk            walk one table through the running demo over HTTP, from upload to an accepted report
#   make faults          the fault laboratory in its long form: KILLS=300 processes killed a database, SEED= repeats a run
#   make fuzz            10,000 damaged files of every kind through the readers: FILES= how many, SEED= repeats a run
# Further: venv, stop, lint, lock, messages.   Variables: PYTHON=, PORT=, REDIS=auto|path|wheel|none, DEMO=0 (an empty
#   database stays empty), ARGS= (further arguments of pytest or of the lock)

PY := .venv/bin/python
LOCK_INPUTS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
export PYTHON

.PHONY: run stop venv venv-test test walk faults fuzz lint lock messages
.DEFAULT_GOAL := run

venv: .venv/.runs
venv-test: .venv/.tests

.venv/.runs: requirements.lock deploy/make_venv.sh
	@sh deploy/make_venv.sh requirements.lock
	@touch .venv/.runs

# The test lock holds everything of the other one, so one installation serves both.
.venv/.tests: requirements-test.lock requirements.lock deploy/make_venv.sh
	@sh deploy/make_venv.sh requirements-test.lock
	@touch .venv/.runs .venv/.tests

run: venv
	@$(PY) -m deploy.embedded $(if $(DETACH),--detach) \
	    $(if $(PORT),--port=$(PORT)) $(if $(REDIS),--redis=$(REDIS)) \
	    $(if $(filter 0,$(DEMO)),--no-demo)

stop: venv
	@$(PY) -m deploy.embedded --stop

test: venv-test
	@$(PY) -m tests.tiers $(ARGS)

walk: venv-test
	@$(PY) -m tests.journeys.walk

faults: venv-test
	@BTR_RACES=$(or $(RACES),200) BTR_KILLS=$(or $(KILLS),300) BTR_SEED=$(or $(SEED),0) \
	    $(PY) -m tests.tiers -n 0 -s tests/faults $(ARGS)

fuzz: venv-test
	@$(PY) -m tests.fuzz.reading $(or $(FILES),10000) $(SEED)

lint: venv-test
	$(PY) -m ruff check .
	$(PY) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'
	$(PY) -m mypy

# Compiles both locks again with the versions they hold; to move a version, pass e.g. ARGS="--upgrade-package django".
lock: venv-test
	$(PY) -m uv pip compile pyproject.toml -o requirements.lock $(LOCK_INPUTS) $(ARGS)
	$(PY) -m uv pip compile pyproject.toml --group test -o requirements-test.lock $(LOCK_INPUTS) $(ARGS)

# Needs gettext; the catalogues are committed, so nothing else does.
messages: venv-test
	$(PY) manage.py makemessages -l zh_Hans -l en --no-location --no-wrap --no-obsolete -i .venv -i var -i tests
	$(PY) manage.py compilemessages -l zh_Hans -l en -v 0
