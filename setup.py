import setuptools
setuptools.setup(license="AGPL-3.0-or-later")  # here, for setuptools before 77
