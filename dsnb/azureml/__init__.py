"""The calls of the retired SDK of Azure Machine Learning, over a dsnb workspace.

Code that was written for it runs here once ``azureml.`` in its import lines is ``dsnb.azureml.``.
Names, arguments, defaults and exceptions are that SDK's; what differs is told in
``docs/azureml.md``.
"""
