import setuptools
setuptools.setup(license="AGPL-3.0-or-later")  # setuptools before 77 refuses it in pyproject
