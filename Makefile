# Everything needs python3 (3.9 or newer, with venv), make and git; the rest is fetched
# into .venv/ by the first target that wants it.
#
#   make demo          a simulated printer and camera; a print that fails and is paused
#       ONCE=1             without a person: prints the timeline, succeeds if really paused
#       FAIL=never         a good print: with ONCE=1 succeeds if never warned of or paused
#       BACKEND=gadget     a simulated cloud judges it, or obico's (local, no cloud)
#       OCTOPRINT=2.0.0rc7 the other OctoPrint (1.11.8)
#       PORT=5000          instead of a free one
#   make test          all tests on both OctoPrints, with a real browser
#       ONLY=js,unit,e2e   some parts   VERSIONS=1.11.8   one OctoPrint   ARGS='-k pause'
#                      (installs only what these need)
#   make check         format, lint, types, the dependency rule, templates, syntax, security
#   make coverage      which lines and branches the unit tests reach: all of core and
#                      backends, 90 % of the whole; ten minutes or more
#   make mutants       breaks core and backends on purpose, change by change, and shows the
#                      changes that no test noticed; some hours
#       MODULES=core/budget,backends/base   of these; some minutes
#   make fuzz          every decoder against a million inputs in all; ten minutes or more
#       INPUTS=20000       so many instead   SECONDS=60   or so long for each decoder
#       ARGS='gadget_open wire'   some of them   ARGS='--again fuzz/found/NAME'   one input
#   make audit         known vulnerabilities of what we build on, from PyPI's database
#   make bench         what AI Watch costs beside a plain OctoPrint: start, memory, processor,
#                      lines, bytes, ends; a quarter of an hour, on a machine that does nothing else
#       ARGS='--json bench.json'   the figures as a file, too   ARGS='--rounds 1'   quicker
#   make soak          a week of prints with random faults, in virtual time: five minutes
#       REAL=30            so many real minutes on a real OctoPrint instead   SEED=8
#   make load          how many printers one MLServer watches: 100, then up to saturation;
#                      five minutes, on a machine that does nothing else
#       ARGS='--json load.json'   the figures as a file, too
#   make languages     takes new texts into the languages and compiles them; lists what is
#                      missing
#       ADD=nl         begins a language
#   make pages         the parts of pages that are drawn from the code
#   make zip           the installable archive in dist/
#   make dist          the same, and sdist and wheel
#   make package       the same, and each is installed with the newest pip and looked at
#   make wheels        which packages a Raspberry Pi gets as wheels, asked of pip
#   make notes         what the changelog says of this version
#       TAG=0.1.0          first sees that a release of this tag can be made
#   make screenshots   the pictures in extras/docs/img, from both OctoPrints
#   make clean         removes what these left, the environments too

PYTHON ?= python3
OCTOPRINT ?= 1.11.8
BACKEND ?= local
ONCE ?=
FAIL ?=
PORT ?= 0
ADD ?=
ONLY ?=
VERSIONS ?=
ARGS ?=
INPUTS ?=
MODULES ?=
SECONDS ?=
REAL ?=
SEED ?=
TAG ?=
export TAG

ENVS := $(PYTHON) extras/dev/envs.py
TOOLS := .venv/tools/bin

comma := ,
OCTOPRINTS := $(or $(addprefix octoprint-,$(subst $(comma), ,$(VERSIONS))),octoprint)
# Without the end-to-end tests one environment is enough.
UNIT := $(or $(addprefix octoprint-,$(firstword $(subst $(comma), ,$(VERSIONS)))),octoprint-1.11.8)
FOR_UNIT := $(UNIT) mosquitto
FOR_E2E := $(OCTOPRINTS) chromium axe mlserver prometheus mosquitto faketime
WITH_E2E := $(or $(if $(ONLY),,e2e),$(filter e2e,$(subst $(comma), ,$(ONLY))))

.PHONY: demo test check coverage mutants fuzz audit bench soak load languages pages zip dist package wheels notes screenshots clean

demo:
	@$(ENVS) octoprint-$(OCTOPRINT)
	@cd extras && ../.venv/octoprint-$(OCTOPRINT)/bin/python -m simulator.demo \
	  --backend $(BACKEND) --port $(PORT) $(if $(ONCE),--once) $(if $(FAIL),--fail $(FAIL))

test:
	@$(ENVS) $(if $(WITH_E2E),$(FOR_E2E),$(FOR_UNIT))
	@$(PYTHON) extras/dev/suite.py $(if $(ONLY),--only $(ONLY)) \
	  $(if $(VERSIONS),--versions $(VERSIONS)) -- $(ARGS)

check:
	@$(ENVS) tools
	$(TOOLS)/ruff format --check
	$(TOOLS)/ruff check
	$(TOOLS)/mypy
	$(TOOLS)/lint-imports
	$(TOOLS)/djlint --lint octoprint_aiwatch/templates
	$(PYTHON) extras/dev/syntax.py
	$(TOOLS)/bandit --quiet --configfile pyproject.toml --recursive octoprint_aiwatch
	@if [ -d .github/workflows ]; then $(TOOLS)/zizmor --offline .github/workflows; fi

coverage:
	@$(ENVS) $(FOR_UNIT) coverage
	@$(PYTHON) extras/dev/covered.py $(UNIT)

mutants:
	@$(ENVS) mutants
	@$(PYTHON) extras/dev/mutants.py $(if $(MODULES),--modules $(MODULES))

fuzz:
	@$(ENVS) fuzz
	@cd extras && PYTHONPATH=.. ../.venv/fuzz/bin/python -m fuzz $(ARGS) \
	  $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SECONDS),--seconds $(SECONDS))

# No part of check: not every network has that database, and one that cannot be asked must
# not look like one that knows of nothing. --strict fails then.
audit:
	@$(ENVS) tools
	$(TOOLS)/pip-audit --strict .

bench:
	@$(ENVS) octoprint-$(OCTOPRINT)
	@cd extras && ../.venv/octoprint-$(OCTOPRINT)/bin/python -m benchmarks $(ARGS)

soak:
	@$(ENVS) octoprint-$(OCTOPRINT)
	@cd extras && ../.venv/octoprint-$(OCTOPRINT)/bin/python -m soak $(ARGS) \
	  $(if $(REAL),--real $(REAL)) $(if $(SEED),--seed $(SEED))

load:
	@$(ENVS) octoprint-$(OCTOPRINT) mlserver
	@cd extras && ../.venv/octoprint-$(OCTOPRINT)/bin/python -m benchmarks.server_load $(ARGS)

languages:
	@$(ENVS) octoprint-1.11.8
	@.venv/octoprint-1.11.8/bin/python extras/dev/languages.py $(if $(ADD),--add $(ADD))

pages:
	@$(PYTHON) extras/dev/pages.py

zip:
	@$(PYTHON) extras/dev/archive.py dist

dist:
	@$(PYTHON) extras/dev/packages.py dist

package:
	@$(PYTHON) extras/dev/packages.py dist --try

wheels:
	@$(PYTHON) extras/dev/wheels.py

# The tag by way of the environment: the shell must not read a name that anybody chose.
notes:
	@$(PYTHON) extras/dev/changelog.py $(if $(TAG),--tag "$$TAG")

screenshots:
	@$(ENVS) octoprint chromium
	@AIWATCH_SCREENSHOTS=1 $(PYTHON) extras/dev/suite.py --only e2e -- \
	  tests/e2e/test_ui_screenshots.py

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache \
	  .import_linter_cache
	find octoprint_aiwatch extras tests -name __pycache__ -type d -prune -exec rm -rf {} +
