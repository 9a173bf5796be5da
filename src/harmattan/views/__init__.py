"""The VIEWS prediction challenge 2023/24: deaths by country and month, forecast for 2018 to 2022 and scored as there.

The data are the user's own copy (see `harmattan.views.layout`); nothing of them is part of the project.

References
----------
Hegre et al. 2024, The 2023/24 VIEWS Prediction Challenge, https://arxiv.org/abs/2407.11045
"""
