# make help lists what can be done. Every target sets up what it needs first.

PYTHON ?= python3 python3.13 python3.12 python3.11
PORT ?= $(or $(LETTERS_PORT),5000)

RUN := .venv/bin/python
PAGE := .venv/.page
INSTALLED := .venv/.installed
PIP := $(RUN) -m pip --disable-pip-version-check --no-input

SHELL := bash

.PHONY: help setup demo lab notebooks data pen train words transfer benchmark benchmark-serve benchmark-speed benchmark-scale soak fuzz lint test pictures lock clean browser

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s%s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## make .venv and install everything into it (once)
	@echo ".venv is ready: make demo, make lab, make test"

demo: $(PAGE) ## open the page at http://127.0.0.1:5000 (PORT= changes it); installs only what it needs
	@$(RUN) -m letters serve --port $(PORT)

lab: $(INSTALLED) ## open the notebooks in JupyterLab
	@$(RUN) -m jupyterlab $$([ $$(id -u) != 0 ] || echo --allow-root) notebooks

# Times, the exact Python version and the state of widgets differ from run to run and are not kept. A widget without its
# state is shown as the picture beside it, where no kernel runs.
notebooks: $(INSTALLED) ## run all notebooks and save their outputs
	@$(RUN) -m letters data  # so that no progress bar is saved
	@$(RUN) -m nbconvert --to notebook --inplace --execute --ExecutePreprocessor.record_timing=False \
	  --ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.preserve_cell_metadata_mask=tags \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask=kernelspec notebooks/*.ipynb

data: $(INSTALLED) ## write the drawn data set as a CSV (SIZE=, SEED=), or download another (SOURCE=az)
	@$(RUN) -m letters data $(if $(SOURCE),--source $(SOURCE)) $(if $(SIZE),--size $(SIZE)) $(if $(SEED),--seed $(SEED))

pen: $(INSTALLED) ## fit the pen model to a stroke file of letters (STROKES=file.npz), or that of digits (DIGITS=file.npz)
	@[ -n "$(STROKES)$(DIGITS)" ] || { echo "say which stroke file: make pen STROKES=file.npz" >&2; exit 1; }
	@[ -z "$(STROKES)" ] || $(RUN) -m letters pen --strokes "$(STROKES)"
	@[ -z "$(DIGITS)" ] || $(RUN) -m letters pen --strokes "$(DIGITS)" --digits

# Where `make words` has made strips of real words, the line network learns from them, and the letter network from the
# letters cut out of them; STROKES= and DIGITS= name files of real strokes for the letter network.
NETWORK ?= all
NETWORKS := $(if $(filter all,$(NETWORK)),ink line letter,$(NETWORK))
GIVEN := $(if $(MINUTES),--minutes $(MINUTES)) $(if $(QUICK),--quick) $(if $(START),--start $(START))
GIVEN-line := $(addprefix --real ,$(wildcard data/real_strips.npz))
GIVEN-letter := --seen data/seen_letters.npz $(addprefix --cut ,$(wildcard data/cut_letters.npz)) $(if $(STROKES),--strokes $(STROKES)) $(if $(DIGITS),--digits $(DIGITS))

train: $(INSTALLED) $(NETWORKS:%=train-%) ## train the networks and put them into the package (NETWORK=ink, line or letter; QUICK=1, MINUTES=, START=file.keras, STROKES=file.npz, DIGITS=file.npz)

train-%: $(INSTALLED)
	@case $* in ink|line|letter) ;; *) echo "NETWORK is ink, line, letter or all, not $*" >&2; exit 1;; esac
	@$(RUN) -m letters.training.$* --output models $(GIVEN) $(GIVEN-$*)
	@cp models/$*.tflite models/$*.json lib/letters/assets/

train-letter: data/seen_letters.npz

data/seen_letters.npz: lib/letters/assets/ink.tflite | $(INSTALLED)
	@$(RUN) -m letters.training.seen_letters --output $@

words: $(INSTALLED) ## make strips of real words for the line network, and cut their letters out (DATA=folder of hdbpmn_words.npz and hdbpmn_labels.npz)
	@[ -n "$(DATA)" ] || { echo "say where the words are: make words DATA=folder" >&2; exit 1; }
	@$(RUN) -m letters.training.words "$(DATA)"
	@$(RUN) -m letters.training.cut_letters data/real_strips.npz

transfer: $(INSTALLED) ## measure what drawn letters teach about real ones (STROKES=file.npz)
	@[ -n "$(STROKES)" ] || { echo "say which stroke file: make transfer STROKES=file.npz" >&2; exit 1; }
	@$(RUN) -m benchmarks transfer --strokes "$(STROKES)"

benchmark: $(INSTALLED) ## measure accuracy compared with other readers (DATA=folder of real letters and words; QUICK=1 for a trial)
	@$(RUN) -m benchmarks accuracy $(if $(DATA),--data "$(DATA)") $(if $(CASES),--cases "$(CASES)") $(if $(RAPIDOCR),--rapidocr "$(RAPIDOCR)") $(if $(KEEP_PEERS),--keep-peers) $(if $(QUICK),--quick)

benchmark-serve: $(INSTALLED) ## measure the server compared with the usual way to serve a Keras network
	@$(RUN) -m benchmarks serve

benchmark-speed: $(INSTALLED) ## measure loading, augmenting, training, drawing and reading compared with the usual code
	@$(RUN) -m benchmarks speed

benchmark-scale: $(INSTALLED) ## measure how fast any number of pages is read (LETTERS=100000, up to 1000000 or more)
	@$(RUN) -m benchmarks scale $(if $(LETTERS),--letters $(LETTERS))

soak: $(INSTALLED) ## send the server good, bad and hostile requests (MINUTES=30)
	@$(RUN) -m benchmarks soak $(if $(MINUTES),--minutes $(MINUTES))

fuzz: $(INSTALLED) ## feed the recognizer thousands of damaged pages (COUNT=)
	@$(RUN) -m benchmarks fuzz $(if $(COUNT),--count $(COUNT))

lint: $(INSTALLED) ## check style, notebooks included, and types
	@$(RUN) -m ruff check --quiet
	@$(RUN) -m ruff format --check --quiet || { echo "tidy up with: $(RUN) -m ruff format" >&2; exit 1; }
	@$(RUN) -m mypy --no-error-summary

# Two files of tests at a time; the tests of one file share what takes long to prepare.
BESIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Two runs, as the browser tests and the notebooks' kernels cannot share an event loop. Both run, whatever the first says.
test: lint browser ## lint, then test everything: units, the page and a notebook in a browser, all notebooks
	@status=0; \
	$(RUN) -m pytest $(BESIDE) || status=1; \
	$(RUN) -m pytest $(BESIDE) --nbval notebooks || status=1; \
	exit $$status

pictures: browser ## take the pictures of the README
	@PYTHONPATH=. $(RUN) tests/pictures.py

# Two locks: all packages, and those that the page needs, with the same pins.
COMPILE := uv pip compile pyproject.toml --group build --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command 'make lock'

lock: $(INSTALLED) ## pin the requirements of pyproject.toml again, in requirements.lock and requirements-serve.lock
	@$(PIP) install --quiet uv
	@$(RUN) -m $(COMPILE) --extra test --output-file requirements.lock
	@$(RUN) -m $(COMPILE) --extra serve --constraints requirements.lock --output-file requirements-serve.lock

clean: ## remove .venv and all caches; data sets and models stay
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis build letters.egg-info tests/screenshots
	@find . -name __pycache__ -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -prune -exec rm -rf {} +

browser: $(INSTALLED)
	@$(RUN) tests/chromium.py > /dev/null

# Two steps: the page, then everything else. A stamp is written last and removed before any change: a .venv without one is
# made anew, as pip takes what an interrupted run left half-copied for installed. What was downloaded is in pip's cache.
FIT := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
INSTALL = set -o pipefail; $(PIP) install --require-hashes --no-deps -r $(1) | while read -r word rest; do \
  case "$$word" in Collecting) printf . ;; Installing) printf ' installing' ;; esac; done && echo " done" || { echo >&2; exit 1; }

$(PAGE): requirements-serve.lock pyproject.toml
	@{ [ -f $@ ] && $(RUN) -c 'import pip; $(FIT)' 2> /dev/null; } || { \
	  for python in $(PYTHON); do \
	    if "$$python" -c '$(FIT)' 2> /dev/null; then exec "$$python" -m venv --clear .venv; fi; \
	  done; \
	  echo "Python 3.11, 3.12 or 3.13 is needed; none of these is one: $(PYTHON)." >&2; \
	  echo "Install one, or say where it is: make setup PYTHON=/path/to/python3.13" >&2; \
	  exit 1; }
	@rm -f $@
	@echo "Setting up .venv for the page: about 120 MB to download, once."
	@$(call INSTALL,requirements-serve.lock)
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED): requirements.lock $(PAGE)
	@rm -f $@ $(PAGE)
	@echo "Adding TensorFlow, JupyterLab, Dask and the tests' packages: about 560 MB to download and a few minutes, once."
	@$(call INSTALL,requirements.lock)
	@touch $(PAGE) $@
